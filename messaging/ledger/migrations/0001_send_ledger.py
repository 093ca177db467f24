"""Create the send ledger with the same DDL the create command runs."""

from django.db import migrations

from messaging.ledger.ddl import create_ledger_tables


class Migration(migrations.Migration):
    """The send ledger's tables."""

    dependencies = []
    operations = [
        migrations.RunPython(lambda apps, editor: create_ledger_tables(), migrations.RunPython.noop, elidable=False)
    ]
