"""Let the database refuse changes to what was recorded."""

from django.db import migrations

from servicepro.lib.append_only import append_only


class Migration(migrations.Migration):
    """customers_consentevent only ever grows."""

    dependencies = [("customers", "0001_initial")]
    operations = [append_only("customers_consentevent")]
