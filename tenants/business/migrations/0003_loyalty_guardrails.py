"""What points may be used for: the smallest bill under its new name, whether a main service is needed, and the words to say so."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The smallest bill keeps its value."""

    dependencies = [("business", "0002_retention")]
    operations = [
        migrations.RenameField("businesssettings", "points_minimum_total_minor", "loyalty_min_cart_total"),
        migrations.AlterField(
            model_name="businesssettings",
            name="loyalty_min_cart_total",
            field=models.PositiveIntegerField(
                default=7500, help_text="smallest bill points can be used on, in cents or paise, before the discount; 0: none"
            ),
        ),
        migrations.AddField(
            model_name="businesssettings",
            name="loyalty_require_core_service",
            field=models.BooleanField(default=False, help_text="points need at least one main service in the booking"),
        ),
        migrations.AddField(
            model_name="businesssettings",
            name="loyalty_guardrail_message",
            field=models.CharField(
                blank=True, default="", help_text="what customers read when a booking does not qualify; empty: our own words", max_length=240
            ),
        ),
    ]
