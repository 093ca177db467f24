"""Nothing is kept for less than a month: 0 would take a text away on the night it came."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Refuse 0 months."""

    dependencies = [("business", "0003_loyalty_guardrails")]

    operations = [
        migrations.AddConstraint(
            model_name="businesssettings",
            constraint=models.CheckConstraint(
                condition=models.Q(("keep_conversations_months__gte", 1), ("keep_unmatched_rows_months__gte", 1)),
                name="business_keeps_a_month",
            ),
        ),
    ]
