"""Claims in the send ledger: one statement for many, committed before the provider hears of any."""

import hmac
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import orjson
from django.db import transaction

from messaging.ledger.ddl import SMS
from messaging.selectors import ledger_table
from servicepro.lib.crypto import address_tag, derive_key
from servicepro.lib.segments import to_gsm
from servicepro.lib.tenancy import connection


@dataclass(frozen=True, slots=True)
class Claim:
    """The wish to send one message under one key; `tag` is the address as the ledger knows it."""

    attempt_id: uuid.UUID
    campaign_key: str
    tag: str
    sender: str
    body_digest: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a claim turned into: sent, rejected or released."""

    attempt_id: uuid.UUID
    state: str
    sid: str = ""
    error: str = ""


def body_digest(body: str) -> str:
    """Return a keyed digest of a text as it looks in the provider's log (spaces folded, look-alikes made plain)."""
    plain = " ".join(to_gsm(body).split())
    return hmac.digest(derive_key("body-digest"), plain.encode(), "sha256").hex()[:32]


def claim(channel: str, claims: Sequence[Claim]) -> set[uuid.UUID]:
    """Claim many addresses in one committed statement; return the attempts that won theirs.

    An address that is claimed, sent or rejected under its key stays as it is; only a released one can be claimed again. Must
    not run inside a transaction: a claim that could still be rolled back is none.
    """
    table = ledger_table(channel)
    rows = sorted(claims, key=lambda item: (item.campaign_key, item.tag))  # one order for all workers: no deadlock
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO public.{table.name} AS t (tenant_id, campaign_key, {table.address}, attempt_id, sender, body_digest)
            SELECT %s, campaign_key, tag, attempt_id, sender, body_digest FROM json_to_recordset(%s::json)
                AS v(attempt_id uuid, campaign_key text, tag text, sender text, body_digest text)
            ON CONFLICT (tenant_id, campaign_key, {table.address}) DO UPDATE
               SET attempt_id = excluded.attempt_id, sender = excluded.sender, body_digest = excluded.body_digest,
                   state = 'claimed', attempted_at = now(), attempts = t.attempts + 1, last_error = NULL, settled_at = NULL
             WHERE t.state = 'released'
            RETURNING attempt_id
            """,
            [
                connection.schema_name,
                orjson.dumps(rows).decode(),
            ],
        )
        return {row[0] for row in cursor.fetchall()}


def settle(channel: str, settlements: Sequence[Settlement]) -> None:
    """Write what became of many claims in one statement; what evidence settled meanwhile keeps its state."""
    table = ledger_table(channel)
    with connection.cursor() as cursor:
        cursor.execute(  # with "=" for the tenant a plan may read all its rows, in every batch of a blast
            f"""
            UPDATE public.{table.name} t
               SET state = CASE WHEN t.state = 'claimed' THEN v.state ELSE t.state END,
                   {table.ok} = t.{table.ok} OR v.state = 'sent',
                   {table.sid} = coalesce(nullif(v.sid, ''), t.{table.sid}),
                   last_error = nullif(v.error, ''), settled_at = now()
              FROM json_to_recordset(%s::json) AS v(attempt_id uuid, state text, sid text, error text)
             WHERE t.attempt_id = v.attempt_id AND t.tenant_id IS NOT DISTINCT FROM %s
            """,
            [
                orjson.dumps(settlements).decode(),
                connection.schema_name,
            ],
        )


def release_rejected(channel: str, campaign_key: str, tags: Collection[str]) -> None:
    """Let addresses whose message the provider refused be tried again; the owner asked for it."""
    table = ledger_table(channel)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE public.{table.name} SET state = 'released' WHERE tenant_id = %s AND campaign_key = %s"
            f" AND {table.address} = ANY(%s) AND state = 'rejected'",
            [connection.schema_name, campaign_key, list(tags)],
        )


def record_sms_attempt(
    tenant_id: str, campaign_key: str, phone: str, *, sms_ok: bool, sms_sid: str | None = None, last_error: str | None = None
) -> None:
    """Write the outcome of one text to `phone` (E.164), made or updated; a success is never taken back."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO public.{SMS.name} AS t (tenant_id, campaign_key, phone, sms_ok, sms_sid, last_error, state, settled_at)
            VALUES (%s, %s, %s, %s, %s, %s, %s, now())
            ON CONFLICT (tenant_id, campaign_key, phone) DO UPDATE
               SET sms_ok = t.sms_ok OR excluded.sms_ok, sms_sid = coalesce(excluded.sms_sid, t.sms_sid),
                   last_error = excluded.last_error, attempted_at = now(), settled_at = now(),
                   state = CASE WHEN t.sms_ok THEN t.state ELSE excluded.state END
            """,
            [
                *(tenant_id, campaign_key, address_tag(tenant_id, "phone", phone)),
                *(sms_ok, sms_sid, last_error, "sent" if sms_ok else "rejected"),
            ],
        )
