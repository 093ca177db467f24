"""Whether a welcome offer and points can be used together."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Off for every business until its owner turns it on."""

    dependencies = [("business", "0005_weekly_digest")]
    operations = [
        migrations.AddField(
            model_name="businesssettings",
            name="loyalty_may_stack",
            field=models.BooleanField(default=False, help_text="a welcome offer and points can be used on one booking"),
        ),
    ]
