"""An appointment can be paid with a welcome offer beside points; its bill still adds up."""

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    """Four columns and what must hold of them."""

    dependencies = [
        ('bookings', '0002_services_changed'),
        ('customers', '0009_contact_changes'),
        ('loyalty', '0011_welcome_offers'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='booking',
            name='booking_bill_adds_up',
        ),
        migrations.RemoveConstraint(
            model_name='booking',
            name='booking_no_negative_money',
        ),
        migrations.AddField(
            model_name='booking',
            name='offer',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loyalty.welcomeoffer'),
        ),
        migrations.AddField(
            model_name='booking',
            name='offer_code',
            field=models.CharField(blank=True, help_text='under which it was promised', max_length=16),
        ),
        migrations.AddField(
            model_name='booking',
            name='offer_discount_minor',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='booking',
            name='offer_name',
            field=models.CharField(blank=True, help_text='of the welcome offer, when it was used', max_length=255),
        ),
        migrations.AddConstraint(
            model_name='booking',
            constraint=models.CheckConstraint(condition=models.Q(('due_minor', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('total_minor'), '-', models.F('offer_discount_minor')), '-', models.F('discount_minor')))), name='booking_bill_adds_up'),
        ),
        migrations.AddConstraint(
            model_name='booking',
            constraint=models.CheckConstraint(condition=models.Q(('discount_minor__gte', 0), ('due_minor__gte', 0), ('offer_discount_minor__gte', 0), ('points_used__gte', 0)), name='booking_no_negative_money'),
        ),
        migrations.AddConstraint(
            model_name='booking',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('offer', None), ('offer_discount_minor', 0)), models.Q(('offer__isnull', False), ('offer_discount_minor__gt', 0)), _connector='OR'), name='booking_offer_takes_off'),
        ),
    ]
