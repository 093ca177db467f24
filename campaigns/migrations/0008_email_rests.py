"""Emails rest by themselves: their provider may be away while messages to phones go on."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0007_messaging_campaigns'),
    ]

    operations = [
        migrations.AddField(
            model_name='campaign',
            name='email_setbacks',
            field=models.PositiveSmallIntegerField(default=0, help_text='the same of emails, which have a provider of their own'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='email_rests_until',
            field=models.DateTimeField(blank=True, help_text='no email is sent before', null=True),
        ),
    ]
