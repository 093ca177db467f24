"""Let the database refuse changes to what was recorded."""

from django.db import migrations

from servicepro.lib.append_only import append_only


class Migration(migrations.Migration):
    """loyalty_pointstransaction only ever grows."""

    dependencies = [("loyalty", "0001_initial")]
    operations = [append_only("loyalty_pointstransaction")]
