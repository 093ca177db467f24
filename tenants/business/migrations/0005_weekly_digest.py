"""Owners read once a week who changed points by hand, unless they turn it off."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column."""

    dependencies = [("business", "0004_keep_a_month")]
    operations = [
        migrations.AddField(
            model_name="businesssettings",
            name="loyalty_weekly_digest",
            field=models.BooleanField(default=True, help_text="owners get a weekly email of all points changed by hand"),
        ),
    ]
