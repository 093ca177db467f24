from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0002_copy_removal'),
    ]

    operations = [
        # A pace of 0 was read as "the server's default"; a pace below stopped the line without a word.
        migrations.RunSQL(
            "UPDATE messaging_line SET messages_per_second = NULL WHERE NOT (messages_per_second > 0 AND messages_per_second <= 1000000)",
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name='line',
            constraint=models.CheckConstraint(condition=models.Q(('messages_per_second__gt', 0), ('messages_per_second__lte', 1000000)), name='line_pace_above_zero', violation_error_message="Messages per second must be more than 0 and at most 1,000,000; leave it empty for the server's default. To send nothing, pause the campaign."),
        ),
    ]
