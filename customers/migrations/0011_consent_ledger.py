"""Write down every change of what somebody allowed, whoever makes it."""

from django.db import migrations, models

from servicepro.lib.append_only import append_only

_COLUMNS = ("sms_consent", "whatsapp_consent", "gdpr_marketing_consent", "opted_out", "sms_opt_out", "email_opt_out")


def _values(row: str) -> str:
    return "jsonb_build_object(" + ", ".join(f"'{column}', {row}.{column}" for column in _COLUMNS) + ")"


_UNSAID = (
    '\'{"sms_consent": null, "whatsapp_consent": null, "gdpr_marketing_consent": null,'
    ' "opted_out": false, "sms_opt_out": false, "email_opt_out": false}\'::jsonb'
)
_DIFFERENT = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in _COLUMNS)
_SAID = " OR ".join(f"NEW.{column} IS NOT NULL" for column in _COLUMNS[:3]) + " OR " + " OR ".join(f"NEW.{c}" for c in _COLUMNS[3:])
# Column by column: an imported list comes by here ten thousand times. There is no old row where one is inserted.
_NOTICED = "\n    ".join(
    f"IF {was} IS DISTINCT FROM NEW.{column} THEN"
    f" changed := changed || jsonb_build_object('{column}', jsonb_build_array({was}, NEW.{column})); END IF;"
    for column, was in [
        *((column, f"OLD.{column}") for column in _COLUMNS[:3]),
        *((column, f"coalesce(OLD.{column}, false)") for column in _COLUMNS[3:]),
    ]
)
# The clock is the announcer's, who reads it where the change is decided; of an unannounced change it is the record's own.
_NOTE = f"""
CREATE FUNCTION customers_note_consent() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    said jsonb := coalesce(nullif(current_setting('servicepro.consent', true), ''), '{{}}')::jsonb;
    said_by text := coalesce(said->>'source', 'unannounced');
    said_at timestamptz;
    changed jsonb := '{{}}';
    change_id bigint;
BEGIN
    {_NOTICED}
    said_at := coalesce((said->>'at')::timestamptz, CASE WHEN OLD.updated_at IS DISTINCT FROM NEW.updated_at THEN NEW.updated_at END,
                        clock_timestamp());
    INSERT INTO customers_consentchange (record_id, changes, source, actor, at)
    VALUES (NEW.id, changed, said_by, coalesce(said->>'actor', ''), said_at) RETURNING id INTO change_id;
    IF coalesce((said->>'is_told')::boolean, false) THEN
        RETURN NULL;
    END IF;
    INSERT INTO customers_consentevent (customer_id, address_tag, channel, action, source, actor, event_key, wording, created_at)
    SELECT NEW.id,
           CASE WHEN NEW.erased_as IS NOT NULL THEN replace(NEW.erased_as::text, '-', '')
                WHEN w.channel = 'email' THEN '' ELSE coalesce(split_part(NEW.phone, '.', 1), '') END,
           w.channel, w.action, said_by, coalesce(said->>'actor', ''), 'change:' || change_id || ':' || w.channel || ':' || w.action,
           coalesce(said->>'wording', ''), said_at
      FROM (SELECT DISTINCT t.channel,
                   CASE WHEN (c.key LIKE '%opt%') = (c.value->>1 = 'true') AND c.value->>1 IS NOT NULL THEN 'withdrawn'
                        WHEN c.value->>1 IS NULL OR coalesce((said->>'takes_back')::boolean, false) THEN 'cleared'
                        ELSE 'granted' END AS action
              FROM jsonb_each(changed) c
             CROSS JOIN LATERAL unnest(CASE c.key
                    WHEN 'opted_out' THEN
                         CASE WHEN NEW.phone IS NOT NULL OR coalesce(trim(NEW.email), '') = '' THEN ARRAY['sms'] ELSE '{{}}' END
                         || CASE WHEN NEW.phone IS NOT NULL THEN ARRAY['whatsapp'] ELSE '{{}}' END
                         || CASE WHEN trim(NEW.email) <> '' THEN ARRAY['email'] ELSE '{{}}' END
                    WHEN 'whatsapp_consent' THEN ARRAY['whatsapp']
                    WHEN 'email_opt_out' THEN ARRAY['email']
                    WHEN 'gdpr_marketing_consent' THEN ARRAY[CASE WHEN trim(NEW.email) <> '' THEN 'email' ELSE 'sms' END]
                    ELSE ARRAY['sms'] END) AS t(channel)) w
     ORDER BY w.channel, w.action;
    RETURN NULL;
END $$;
CREATE TRIGGER customers_note_consent AFTER UPDATE OF {", ".join(_COLUMNS)} ON customers_customer
    FOR EACH ROW WHEN ({_DIFFERENT}) EXECUTE FUNCTION customers_note_consent();
CREATE TRIGGER customers_note_first_consent AFTER INSERT ON customers_customer
    FOR EACH ROW WHEN ({_SAID}) EXECUTE FUNCTION customers_note_consent();
"""
_FORGET = """
DROP TRIGGER customers_note_consent ON customers_customer;
DROP TRIGGER customers_note_first_consent ON customers_customer;
DROP FUNCTION customers_note_consent();
"""
# What stood in the records before anything was written down counts from when each was made.
_KNOWN_BEFORE = f"""
INSERT INTO customers_consentchange (record_id, changes, source, actor, at)
SELECT NEW.id, (SELECT jsonb_object_agg(n.key, jsonb_build_array(o.value, n.value))
                  FROM jsonb_each({_values("NEW")}) n JOIN jsonb_each({_UNSAID}) o ON o.key = n.key WHERE o.value <> n.value),
       'before_ledger', '', NEW.created_at
  FROM customers_customer NEW WHERE {_SAID}
"""


class Migration(migrations.Migration):
    """A table that only grows, filled by the database itself."""

    dependencies = [("customers", "0010_whatsapp_consent")]
    operations = [
        migrations.AlterField(
            model_name="consentevent",
            name="action",
            field=models.CharField(choices=[("granted", "Granted"), ("withdrawn", "Withdrawn"), ("cleared", "Cleared")], max_length=10),
        ),
        migrations.CreateModel(
            name="ConsentChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("record_id", models.BigIntegerField(help_text="the customer's record; a list that is taken back may remove it")),
                ("changes", models.JSONField(help_text="column to what it held before and since")),
                ("source", models.CharField(max_length=48)),
                ("actor", models.CharField(blank=True, max_length=120)),
                ("at", models.DateTimeField()),
            ],
            options={"indexes": [models.Index(fields=["record_id", "at"], name="consent_changes_of")]},
        ),
        migrations.RunSQL(_KNOWN_BEFORE, migrations.RunSQL.noop),
        append_only("customers_consentchange"),
        migrations.RunSQL(_NOTE, _FORGET),
    ]
