"""What was given and taken by hand is counted for each day, and is little of the ledger."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Other entries do not touch the index."""

    dependencies = [("loyalty", "0005_reversals")]
    operations = [
        migrations.AddIndex(
            model_name="pointstransaction",
            index=models.Index(condition=models.Q(("kind", "ADJUST"), ("origin", "manual")), fields=["created_at"], name="points_by_hand"),
        )
    ]
