"""Find the people some rows may mean: two statements, however many rows."""

import json
from collections.abc import Sequence
from typing import Any

from customers.services.imports.rule import Known, Roster
from servicepro.lib.crypto import address_tags, decrypt_text
from servicepro.lib.fields import tag_sql
from servicepro.lib.tenancy import connection

# Two index scans; a plain OR over both columns would read the whole table.
_KNOWN = f"""
SELECT id, coalesce(same_person_as_id, id), {tag_sql("phone")}, name, nullif(lower(trim(email)), ''), other_phones, birthday, notes,
       tags, extra, sms_consent, gdpr_marketing_consent, opted_out, sms_opt_out, email_opt_out, import_batch_id,
       whatsapp_consent
  FROM customers_customer
 WHERE id IN (SELECT id FROM customers_customer WHERE {tag_sql("phone")} = ANY(%(tags)s)
              UNION SELECT id FROM customers_customer WHERE email = ANY(%(emails)s)
              UNION SELECT id FROM customers_customer WHERE id = ANY(%(ids)s))
 ORDER BY id
"""
_SUPPRESSED = """
SELECT channel, address_tag FROM customers_suppression
 WHERE lifted_at IS NULL AND channel IN ('sms', 'email', 'whatsapp') AND address_tag = ANY(%s)
"""


def load_roster(*, tags: Sequence[str], emails: Sequence[str], is_locked: bool = False) -> Roster:
    """Return who has one of these phone tags or emails (lower case), oldest record first, and which addresses are suppressed.

    With `is_locked` their records stay as they are until the transaction ends; they are locked in one order by everybody.
    """
    email_tags = dict(zip(address_tags(connection.schema_name, "email", emails), emails, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_SUPPRESSED, [[*tags, *email_tags]])
        suppressed = cursor.fetchall()
    roster = Roster(
        {},
        {},
        {tag for channel, tag in suppressed if channel == "sms"},
        {email_tags[tag] for channel, tag in suppressed if channel == "email" and tag in email_tags},
        {tag for channel, tag in suppressed if channel == "whatsapp"},
    )
    by_tag: dict[str, Known] = {}
    by_email: dict[str, list[Known]] = {}
    for known in known_people(tags=tags, emails=emails, is_locked=is_locked):
        if known.tag:
            by_tag[known.tag] = known
        if known.email:
            by_email.setdefault(known.email, []).append(known)
    roster.by_tag, roster.by_email = by_tag, by_email
    return roster


def known_people(*, tags: Sequence[str] = (), emails: Sequence[str] = (), ids: Sequence[int] = (), is_locked: bool = False) -> list[Known]:
    """Return the records with one of these phone tags, emails or ids, oldest first."""
    with connection.cursor() as cursor:
        lock = " FOR NO KEY UPDATE" if is_locked else ""
        cursor.execute(_KNOWN + lock, {"tags": list(tags), "emails": list(emails), "ids": list(ids)})
        return [_known(row) for row in cursor.fetchall()]


def _known(row: Sequence[Any]) -> Known:
    pk, head, tag, name, email, other_phones, birthday, notes, tags, extra, *flags = row
    return Known(
        pk,
        head,
        tag,
        name,
        email,
        tuple(unsealed(other_phones) or ()),
        birthday,
        decrypt_text(connection.schema_name, notes) if notes else "",
        tuple(tags),
        unsealed(extra) or {},
        *flags,
    )


def unsealed(stored: str | None) -> Any:
    """Return the JSON value behind an encrypted column, None where there is none."""
    return json.loads(decrypt_text(connection.schema_name, stored)) if stored else None
