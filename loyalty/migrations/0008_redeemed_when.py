"""Uses of points are looked through by day, and are a small part of the ledger."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Other entries do not touch the index."""

    dependencies = [("loyalty", "0007_approvals")]
    operations = [
        migrations.AddIndex(
            model_name="pointstransaction",
            index=models.Index(condition=models.Q(("kind", "REDEEM")), fields=["created_at"], name="points_redeemed"),
        )
    ]
