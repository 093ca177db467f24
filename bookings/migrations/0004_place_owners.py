"""A place is looked after by some of the owners, or by all of them."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Nobody is named yet: everybody may write to every place's customers, as before."""

    dependencies = [
        ("bookings", "0003_welcome_offers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="place",
            name="owners",
            field=models.ManyToManyField(
                blank=True,
                help_text="owners who look after this place and write to its customers; none: all of them",
                limit_choices_to={"role": "owner"},
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
