"""Certificates of erased people, and the mark on their empty records."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from servicepro.lib.append_only import append_only


class Migration(migrations.Migration):
    """customers_erasurecertificate only ever grows."""

    dependencies = [("customers", "0005_imports"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.AddField(
            model_name="customer",
            name="erased_as",
            field=models.UUIDField(
                blank=True, editable=False, help_text="the certificate of who was erased from this record", null=True
            ),
        ),
        migrations.CreateModel(
            name="ErasureCertificate",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("asked", "The person asked for it"),
                            ("withdrew", "They withdrew their consent"),
                            ("not_needed", "The data is no longer needed"),
                            ("unlawful", "The data should never have been kept"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "record_ids",
                    models.JSONField(help_text="numbers of the emptied records, to erase them again after a backup was restored"),
                ),
                ("erased", models.JSONField(help_text="holder → what → how many")),
                ("kept", models.JSONField(help_text="holder → what → why")),
                (
                    "requested_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["-created_at"], name="erasure_recent")]},
        ),
        append_only("customers_erasurecertificate"),
    ]
