"""Welcome offers, their codes and their uses; the database holds that no use is one too many."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Three tables."""

    dependencies = [
        ('customers', '0009_contact_changes'),
        ('loyalty', '0010_day_totals_as_text'),
    ]

    operations = [
        migrations.CreateModel(
            name='WelcomeOffer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=255, unique=True)),
                ('discount_type', models.CharField(choices=[('percentage', 'Percentage of the bill'), ('fixed', 'Fixed amount')], max_length=10)),
                ('discount_value', models.PositiveIntegerField(help_text='percent, or cents or paise')),
                ('max_discount_minor', models.PositiveIntegerField(blank=True, help_text='the most a percentage takes off; none without it', null=True)),
                ('minimum_purchase_minor', models.PositiveIntegerField(default=0, help_text='the smallest bill it can be used on; 0 for any')),
                ('validity_days', models.PositiveSmallIntegerField(default=30, help_text='days from registration', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(365)])),
                ('usage_limit', models.PositiveSmallIntegerField(default=1, help_text='how often one customer can use it', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)])),
                ('is_active', models.BooleanField(default=True, help_text='can be promised, claimed and used')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'ordering': ('-created_at', '-pk'),
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('discount_type', 'percentage'), ('discount_value__gte', 1), ('discount_value__lte', 100)), models.Q(('discount_type', 'fixed'), ('discount_value__gte', 1), ('max_discount_minor', None)), _connector='OR'), name='offer_discount_fits_its_type', violation_error_message='A percentage is from 1 to 100; a fixed amount is more than nothing and has no maximum beside it.'), models.CheckConstraint(condition=models.Q(('max_discount_minor', None), ('max_discount_minor__gte', 1), _connector='OR'), name='offer_cap_leaves_something', violation_error_message='The most it takes off must be more than nothing.'), models.CheckConstraint(condition=models.Q(('validity_days__gte', 1)), name='offer_lasts_a_day'), models.CheckConstraint(condition=models.Q(('usage_limit__gte', 1)), name='offer_can_be_used')],
            },
        ),
        migrations.CreateModel(
            name='OfferCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=16, unique=True)),
                ('issued_at', models.DateTimeField(auto_now_add=True)),
                ('claimed_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('expired_at', models.DateTimeField(help_text='when it was noticed that it ran out and was never used', null=True)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('offer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='codes', to='loyalty.welcomeoffer')),
            ],
        ),
        migrations.CreateModel(
            name='OfferUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('use_number', models.PositiveSmallIntegerField()),
                ('usage_limit', models.PositiveSmallIntegerField()),
                ('source_key', models.CharField(help_text='what was paid with it', max_length=80, unique=True)),
                ('total_minor', models.PositiveIntegerField()),
                ('discount_minor', models.PositiveIntegerField()),
                ('redeemed_at', models.DateTimeField(auto_now_add=True)),
                ('returned_at', models.DateTimeField(null=True)),
                ('code', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='uses', to='loyalty.offercode')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('returned_at', None)), fields=('code', 'use_number'), name='offer_use_numbered'), models.CheckConstraint(condition=models.Q(('use_number__gte', 1), ('use_number__lte', models.F('usage_limit'))), name='offer_use_within_limit'), models.CheckConstraint(condition=models.Q(('discount_minor__gte', 1), ('discount_minor__lte', models.F('total_minor'))), name='offer_discount_within_total')],
            },
        ),
        migrations.AddIndex(
            model_name='offercode',
            index=models.Index(condition=models.Q(('expired_at', None), ('expires_at__isnull', False)), fields=['expires_at'], name='offers_running'),
        ),
        migrations.AddConstraint(
            model_name='offercode',
            constraint=models.UniqueConstraint(fields=('offer', 'customer'), name='offer_promised_once'),
        ),
        migrations.AddConstraint(
            model_name='offercode',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('claimed_at', None), ('expires_at', None)), models.Q(('claimed_at__isnull', False), ('expires_at__gt', models.F('claimed_at'))), _connector='OR'), name='offer_runs_from_its_claim'),
        ),
        migrations.AddConstraint(
            model_name='offercode',
            constraint=models.CheckConstraint(condition=models.Q(('expired_at', None), ('expired_at__gte', models.F('expires_at')), _connector='OR'), name='offer_expires_after_its_end'),
        ),
    ]
