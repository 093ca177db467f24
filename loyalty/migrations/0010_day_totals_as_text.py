"""What is kept is read whole on every look: as text it is handed out as it lies there."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Three columns."""

    dependencies = [("loyalty", "0009_day_totals")]
    operations = [
        migrations.AlterField(
            model_name="ledgerfigures",
            name="days",
            field=models.TextField(help_text="JSON, as jsonb takes longer to read whole: [day, earned, redeemed, adjusted, reversed] each"),
        ),
        migrations.AlterField(
            model_name="ledgerfigures", name="lots", field=models.TextField(help_text="JSON: [day, origin, points left] each")
        ),
        migrations.AlterField(
            model_name="ledgerfigures",
            name="top",
            field=models.TextField(help_text="JSON: [customer, points] of those who have most"),
        ),
    ]
