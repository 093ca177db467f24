"""Let the database refuse changes to what was recorded."""

from django.db import migrations

from servicepro.lib.append_only import append_only


class Migration(migrations.Migration):
    """accounts_auditentry only ever grows."""

    dependencies = [("accounts", "0001_initial")]
    operations = [append_only("accounts_auditentry")]
