from django.db import migrations, models


class Migration(migrations.Migration):
    """Emails that came back for now are counted for a fortnight."""

    dependencies = [("customers", "0011_consent_ledger")]
    operations = [
        migrations.CreateModel(
            name="SoftBounce",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address_tag", models.CharField(max_length=32)),
                ("created_at", models.DateTimeField()),
            ],
            options={"indexes": [models.Index(fields=["address_tag", "created_at"], name="soft_bounce_of_address")]},
        ),
    ]
