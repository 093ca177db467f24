"""Let the database refuse changes to what was sent and answered."""

from django.db import migrations

from servicepro.lib.append_only import append_only


class Migration(migrations.Migration):
    """Attempts and their events only ever grow."""

    dependencies = [("a2p", "0001_initial")]
    operations = [append_only("a2p_attempt"), append_only("a2p_attemptevent")]
