"""SendGrid is asked to erase by address, which has to be known until it answers."""

from django.db import migrations, models

import servicepro.lib.fields


class Migration(migrations.Migration):
    """Keep the provider and the address of what is to be removed."""

    dependencies = [("messaging", "0003_line_pace")]

    operations = [
        migrations.AddField("copyremoval", "provider", models.CharField(max_length=10, default="twilio", db_default="twilio")),
        migrations.AddField("copyremoval", "address", servicepro.lib.fields.EncryptedTextField(null=True)),
    ]
