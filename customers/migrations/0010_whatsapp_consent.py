from django.db import migrations, models


class Migration(migrations.Migration):
    """WhatsApp asks for an opt-in of its own; nobody has given it yet."""

    dependencies = [
        ('customers', '0009_contact_changes'),
    ]

    operations = [
        migrations.AddField(
            model_name='customer',
            name='whatsapp_consent',
            field=models.BooleanField(blank=True, help_text='their own yes or no to WhatsApp; no opt-in: null', null=True),
        ),
        migrations.AddField(
            model_name='importrow',
            name='whatsapp_consent',
            field=models.BooleanField(null=True),
        ),
    ]
