"""Who waits is found without an index that follows every outcome: a mark of how far a campaign came, and one for who was passed."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0003_open_targets'),
        ('customers', '0008_indexes_of_some'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='target',
            name='target_open',
        ),
        migrations.RemoveField(
            model_name='target',
            name='is_open',
        ),
        migrations.AddField(
            model_name='campaign',
            name='served_to',
            field=models.BigIntegerField(default=0, editable=False, help_text='every target up to this id had a turn; who of them still waits is marked so'),
        ),
        migrations.AddField(
            model_name='target',
            name='had_turn',
            field=models.BooleanField(default=False, help_text='the campaign passed this person, who still waited then'),
        ),
        migrations.AddField(
            model_name='target',
            name='waits',
            field=models.GeneratedField(db_persist=True, expression=models.ExpressionWrapper(models.Q(('had_turn', True), models.Q(('sms_status__in', ('pending', 'held', 'in_doubt')), ('email_status__in', ('pending', 'held', 'in_doubt')), _connector='OR')), output_field=models.BooleanField()), output_field=models.BooleanField()),
        ),
        migrations.AddIndex(
            model_name='target',
            index=models.Index(fields=['campaign', 'id'], name='target_turn'),
        ),
        migrations.AddIndex(
            model_name='target',
            index=models.Index(condition=models.Q(('waits', True)), fields=['campaign', 'id'], name='target_waits'),
        ),
        # Room for both writings beside the row: a target is taken once and recorded once.
        migrations.RunSQL("ALTER TABLE campaigns_target SET (fillfactor = 32)", "ALTER TABLE campaigns_target SET (fillfactor = 45)"),
    ]
