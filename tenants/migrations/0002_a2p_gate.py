from django.db import migrations, models

HELP = (
    "Its texts to the US leave although its registration with the carriers is not approved. Only for a business whose account"
    " is older than this rule or whose numbers need no registration."
)


def _gate(default):
    return models.BooleanField("may text the US unregistered", default=default, help_text=HELP)


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0001_initial'),
    ]

    operations = [
        # Businesses that are there already go on texting as they did; who comes later registers first.
        migrations.AddField(model_name='tenant', name='is_a2p_gate_off', field=_gate(True)),
        migrations.AlterField(model_name='tenant', name='is_a2p_gate_off', field=_gate(False)),
    ]
