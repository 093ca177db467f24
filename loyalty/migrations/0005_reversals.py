"""Entries that undo an entry, once, and where points came from; what was granted so far was goodwill."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """The table stays append-only: new columns have constant defaults, so no row is rewritten."""

    dependencies = [("loyalty", "0004_once_per_source")]
    operations = [
        migrations.RemoveConstraint(model_name="pointstransaction", name="points_sign_fits_kind"),
        migrations.AddField(
            model_name="pointstransaction",
            name="origin",
            field=models.CharField(
                blank=True,
                choices=[("goodwill", "Goodwill"), ("earned", "Earned"), ("manual", "Manual")],
                db_default="goodwill",
                default="goodwill",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="pointstransaction",
            name="reverses",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="the entry this one undoes",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="loyalty.pointstransaction",
            ),
        ),
        migrations.AlterField(
            model_name="pointstransaction",
            name="kind",
            field=models.CharField(
                choices=[("EARN", "Earn"), ("REDEEM", "Redeem"), ("ADJUST", "Adjust"), ("REVERSE", "Reverse")], max_length=8
            ),
        ),
        migrations.AddConstraint(
            model_name="pointstransaction",
            constraint=models.CheckConstraint(
                condition=Q(kind="EARN", points__gt=0)
                | Q(kind="REDEEM", points__lt=0)
                | (Q(kind__in=("ADJUST", "REVERSE")) & ~Q(points=0)),
                name="points_sign_fits_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="pointstransaction",
            constraint=models.CheckConstraint(
                condition=Q(kind="REVERSE", reverses__isnull=False) | (~Q(kind="REVERSE") & Q(reverses__isnull=True)),
                name="points_reverse_says_what",
            ),
        ),
        migrations.AddConstraint(
            model_name="pointstransaction",
            constraint=models.CheckConstraint(
                condition=Q(origin__in=("goodwill", "earned", "manual")) | (Q(origin="") & ~Q(kind="EARN")), name="points_origin_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="pointstransaction",
            constraint=models.UniqueConstraint(fields=["reverses"], condition=Q(reverses__isnull=False), name="points_reversed_once"),
        ),
    ]
