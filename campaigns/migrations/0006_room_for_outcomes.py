"""Targets grew: both later versions of a row find room beside it again, where a tenth had gone to another page and all its indexes."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0005_invitations'),
    ]

    operations = [
        migrations.RunSQL("ALTER TABLE campaigns_target SET (fillfactor = 27)", "ALTER TABLE campaigns_target SET (fillfactor = 32)"),
    ]
