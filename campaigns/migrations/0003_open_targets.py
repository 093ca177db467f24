"""Whether a person still waits becomes a column of its own; rows get room beside them, so that taking one touches no index."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0002_fewer_indexes'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='target',
            name='target_open',
        ),
        migrations.AddField(
            model_name='target',
            name='is_open',
            field=models.GeneratedField(db_persist=True, expression=models.ExpressionWrapper(models.Q(('sms_status__in', ('pending', 'held', 'in_doubt')), ('email_status__in', ('pending', 'held', 'in_doubt')), _connector='OR'), output_field=models.BooleanField()), output_field=models.BooleanField()),
        ),
        migrations.AddIndex(
            model_name='target',
            index=models.Index(condition=models.Q(('is_open', True)), fields=['campaign', 'id'], name='target_open'),
        ),
        migrations.RunSQL("ALTER TABLE campaigns_target SET (fillfactor = 45)", "ALTER TABLE campaigns_target RESET (fillfactor)"),
    ]
