"""Keep what a list says people allowed: the proof is an event for ever, a refusal takes effect at once."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from customers.models import ImportBatch
from customers.services.imports.rule import Decision, Outcome
from customers.services.imports.stored import StoredRow
from servicepro.lib.crypto import address_tag
from servicepro.lib.tenancy import connection

_SUPPRESS = """
INSERT INTO customers_suppression (channel, address_tag, reason, created_at)
SELECT channel, tag, %s, now() FROM unnest(%s::text[], %s::text[]) AS v(channel, tag) GROUP BY channel, tag
    ON CONFLICT (channel, address_tag) WHERE lifted_at IS NULL DO NOTHING
"""
_EVENTS = """
INSERT INTO customers_consentevent (customer_id, address_tag, channel, action, source, actor, event_key, wording, given_at, created_at)
SELECT c.id, tag, channel, action, %s, %s, key, wording, given_at, now()
  FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
       AS v(customer, tag, channel, action, key, wording, given_at)
  LEFT JOIN customers_customer c ON c.id = v.customer AND c.import_batch_id IS NULL
    ON CONFLICT (event_key) DO NOTHING
"""
_REFUSING_UNUSED = """
SELECT id, row_number, outcome, name, phone, email, sms_consent, marketing_consent, opted_out, consent_at, consent_source,
       whatsapp_consent
  FROM customers_importrow
 WHERE batch_id = %s AND outcome IN ('refused', 'held') AND phone IS NOT NULL
   AND (opted_out OR sms_consent IS FALSE OR whatsapp_consent IS FALSE)
"""
_ALL = {"sms": True, "whatsapp": True, "email": True}


@dataclass(frozen=True, slots=True)
class _Said:
    """One thing somebody allowed or refused. A customer a list made is not named: undoing it must be able to remove the record."""

    tag: str
    channel: str
    key: str
    wording: str
    given_at: datetime.datetime | None
    customer_id: int | None
    action: str = "withdrawn"
    is_suppressed: bool = False


def source_of(batch: ImportBatch) -> str:
    """Return the name under which a list's consents and suppressions are kept."""
    return f"import:{batch.pk}"


def keep_consents(batch: ImportBatch, rows: Sequence[StoredRow], decisions: Sequence[Decision]) -> None:
    """Record what was taken of the rows' consents; two statements, none where nothing was said."""
    _keep(batch, [said for row, decision in zip(rows, decisions, strict=True) for said in _said(batch, row, decision)])


def keep_refusals_of_unused_rows(batch: ImportBatch) -> None:
    """Record the refusals of rows that are not used: whoever said no is left alone, though the row has another fault."""
    with connection.cursor() as cursor:
        cursor.execute(_REFUSING_UNUSED, [batch.pk])
        found = cursor.fetchall()
    rows = [StoredRow(pk, number, outcome, name, phone, email, (), (), *said) for pk, number, outcome, name, phone, email, *said in found]
    _keep(batch, [said for row in rows for said in _refusals(batch, row, None, news=_ALL)])


def _said(batch: ImportBatch, row: StoredRow, decision: Decision) -> list[_Said]:
    customer, changes = decision.customer_id, decision.changes
    if decision.outcome is Outcome.NEW:
        fresh = decision.fresh
        customer, sms, marketing = None, fresh and fresh.sms_consent, fresh and fresh.gdpr_marketing_consent
        whatsapp = fresh and fresh.whatsapp_consent
    elif decision.outcome is Outcome.HELD:
        sms = marketing = whatsapp = None
    else:
        columns = ("sms_consent", "gdpr_marketing_consent", "whatsapp_consent")
        sms, marketing, whatsapp = (changes.get(column, (None, None))[1] for column in columns)
    # A refusal that is known already is kept as said again, so that taking an earlier list back does not lift it.
    is_news = decision.outcome in (Outcome.NEW, Outcome.HELD) or "opted_out" in changes
    news = {"sms": is_news or sms is False, "whatsapp": is_news or whatsapp is False, "email": is_news}
    said = _refusals(batch, row, customer, news=news)
    if sms:
        said.append(_one(batch, row, "sms", "sms", customer_id=customer, action="granted"))
    if whatsapp:
        said.append(_one(batch, row, "whatsapp", "whatsapp", customer_id=customer, action="granted"))
    if marketing is not None:
        action = "granted" if marketing else "withdrawn"
        said.append(_one(batch, row, "marketing", "email" if row.email else "sms", customer_id=customer, action=action))
    return said


def _refusals(batch: ImportBatch, row: StoredRow, customer: int | None, *, news: Mapping[str, bool]) -> list[_Said]:
    """Return what a row says no to; `news` says of each channel whether that suppresses the address."""
    refused = {
        "sms": row.refuses,
        "whatsapp": row.opted_out or row.whatsapp_consent is False,
        "email": row.opted_out and bool(row.email),
    }
    return [
        _one(batch, row, channel, channel, customer_id=customer, is_suppressed=news[channel]) for channel, is_no in refused.items() if is_no
    ]


def _one(batch: ImportBatch, row: StoredRow, kind: str, channel: str, **said: Any) -> _Said:
    wording = f"marketing: {row.consent_source}" if kind == "marketing" else row.consent_source
    return _Said(
        tag=address_tag(connection.schema_name, "email", row.email or "") if channel == "email" else row.tag,
        channel=channel,
        key=f"{source_of(batch)}:{row.number}:{kind}",
        wording=wording[:200],
        given_at=row.consent_at,
        **said,
    )


def _keep(batch: ImportBatch, said: list[_Said]) -> None:
    if not said:
        return
    columns = ("customer_id", "tag", "channel", "action", "key", "wording", "given_at")
    refused = [each for each in said if each.is_suppressed]
    with connection.cursor() as cursor:
        if refused:
            cursor.execute(_SUPPRESS, [source_of(batch), [each.channel for each in refused], [each.tag for each in refused]])
        arrays = [[getattr(each, column) for each in said] for column in columns]
        cursor.execute(_EVENTS, [source_of(batch), batch.created_by[:120], *arrays])
