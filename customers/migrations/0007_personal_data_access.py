"""Write down who saw whose data, in a table that only grows."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from servicepro.lib.append_only import append_only


class Migration(migrations.Migration):
    """customers_personaldataaccess."""

    dependencies = [("customers", "0006_privacy"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            name="PersonalDataAccess",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "action",
                    models.CharField(
                        choices=[("view", "looked at the page"), ("show", "showed the phone"), ("export", "took a list along")],
                        max_length=8,
                        verbose_name="what",
                    ),
                ),
                ("how_many", models.PositiveIntegerField(default=1, verbose_name="people")),
                ("subject", models.CharField(blank=True, help_text="which list it was, e.g. campaign:12", max_length=120, verbose_name="of")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="when")),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="who",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        help_text="none for a list",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
            ],
            options={
                "verbose_name": "look at personal data",
                "verbose_name_plural": "looks at personal data",
                "constraints": [models.CheckConstraint(condition=models.Q(("how_many__gte", 1)), name="personal_data_access_of_somebody")],
            },
        ),
        append_only("customers_personaldataaccess"),
    ]
