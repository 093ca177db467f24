"""Note when a phone or an email is replaced, whichever door it came through."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import servicepro.lib.fields

# A key rotation rewrites a phone and leaves its tag, which is the part before the first dot. The clock is the wall's, so that a long
# transaction does not shorten what follows from it.
_NOTE = """
CREATE FUNCTION customers_note_contact_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('servicepro.erase', true) = 'on' OR current_setting('servicepro.moving_contacts', true) = 'on'
       OR NEW.erased_as IS NOT NULL THEN
        RETURN NULL;
    END IF;
    IF split_part(OLD.phone, '.', 1) <> coalesce(split_part(NEW.phone, '.', 1), '') THEN
        INSERT INTO customers_contactchange (customer_id, channel, old_phone, changed_at)
        VALUES (NEW.id, 'sms', OLD.phone, clock_timestamp());
    END IF;
    IF trim(OLD.email) <> '' AND lower(trim(OLD.email)) <> coalesce(lower(trim(NEW.email)), '') THEN
        INSERT INTO customers_contactchange (customer_id, channel, old_email, changed_at)
        VALUES (NEW.id, 'email', lower(trim(OLD.email)), clock_timestamp());
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER customers_note_contact_change AFTER UPDATE OF phone, email ON customers_customer
    FOR EACH ROW WHEN (OLD.phone IS DISTINCT FROM NEW.phone OR OLD.email IS DISTINCT FROM NEW.email)
    EXECUTE FUNCTION customers_note_contact_change();
"""
_FORGET = """
DROP TRIGGER customers_note_contact_change ON customers_customer;
DROP FUNCTION customers_note_contact_change();
"""


class Migration(migrations.Migration):
    """A table, and the trigger that fills it."""

    dependencies = [("customers", "0008_indexes_of_some")]
    operations = [
        migrations.CreateModel(
            name="ContactChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("channel", models.CharField(choices=[("sms", "Sms"), ("email", "Email")], max_length=5)),
                ("old_phone", servicepro.lib.fields.EncryptedPhoneField(blank=True, null=True)),
                ("old_email", models.EmailField(blank=True, max_length=254, null=True)),
                ("changed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "outcome",
                    models.CharField(
                        blank=True, db_default="", default="", help_text="of the notice; empty while it is to be sent", max_length=64
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["customer", "-changed_at"], name="contact_changes_of"),
                    models.Index(condition=models.Q(("outcome", "")), fields=["changed_at"], name="contact_changes_untold"),
                ]
            },
        ),
        migrations.RunSQL(_NOTE, _FORGET),
    ]
