"""What points add up to by day is kept in a table, so that nobody waits for a sum after a restart."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    """One row a business, which a worker fills."""

    dependencies = [
        ('loyalty', '0008_redeemed_when'),
    ]

    operations = [
        migrations.CreateModel(
            name='LedgerFigures',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('through', models.BigIntegerField(help_text='the number of the last entry in it')),
                ('made_at', models.DateTimeField(help_text='when that entry was made; where that differs, the ledger is another one', null=True)),
                ('zone', models.CharField(help_text='whose midnights divide the days', max_length=64)),
                ('merges', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), help_text='of customers, not undone at that time', size=None)),
                ('days', models.JSONField(help_text='[day, earned, redeemed, adjusted, reversed] each')),
                ('lots', models.JSONField(help_text='[day, origin, points left] each')),
                ('holders', models.IntegerField(help_text='how many customers have points')),
                ('top', models.JSONField(help_text='[customer, points] of those who have most')),
                ('kept_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='ledger_figures_single_row')],
            },
        ),
    ]
