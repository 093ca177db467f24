"""Who came where is added up from an index: the rows themselves are wide."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One index of the appointments that were not cancelled."""

    dependencies = [("bookings", "0004_place_owners")]

    operations = [
        migrations.AddIndex(
            model_name="booking",
            index=models.Index(
                condition=models.Q(("status", "cancelled"), _negated=True),
                fields=["customer"],
                include=("place", "starts_at", "due_minor"),
                name="booking_visits",
            ),
        ),
    ]
