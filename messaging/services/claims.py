"""Claims in the send ledger: one statement for many, committed before the provider hears of any."""

import hmac
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from messaging.ledger.ddl import SMS
from messaging.selectors import ledger_table
from servicepro.lib.crypto import address_tag, derive_key
from servicepro.lib.segments import to_gsm
from servicepro.lib.tenancy import connection
from servicepro.lib.value_columns import as_columns, columns_sql


@dataclass(frozen=True, slots=True)
class Claim:
    """The wish to send one message; `tag` is the address as the ledger knows it."""

    attempt_id: uuid.UUID
    tag: str
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


def claim(channel: str, campaign_key: str, sender: str, claims: Sequence[Claim]) -> set[uuid.UUID]:
    """Claim many addresses under one key in one committed statement; return the attempts that won theirs.

    `sender` is the tag of whom the messages come from. An address that is claimed, sent or rejected under the key stays as it is;
    only a released one can be claimed again. Must not run inside a transaction: a claim that could still be rolled back is none.
    """
    table = ledger_table(channel)
    rows = sorted(claims, key=lambda item: item.tag)  # one order for all workers: no deadlock
    insert = f"""
        INSERT INTO public.{table.name} AS t (tenant_id, campaign_key, {table.address}, attempt_id, sender, body_digest)
        SELECT %s, %s, v.tag, v.attempt_id::uuid, %s, coalesce(v.body_digest, '') FROM {columns_sql(3)} AS v(attempt_id, tag, body_digest)
    """
    again = f"""
        ON CONFLICT (tenant_id, campaign_key, {table.address}) DO UPDATE
           SET attempt_id = excluded.attempt_id, sender = excluded.sender, body_digest = excluded.body_digest,
               state = 'claimed', attempted_at = now(), attempts = t.attempts + 1, last_error = NULL, settled_at = NULL
         WHERE t.state = 'released'
    """
    common = [connection.schema_name, campaign_key, sender]
    with connection.cursor() as cursor:
        try:
            with transaction.atomic(durable=True):  # the unique index alone decides: a tenth cheaper, and in a blast everybody is new
                cursor.execute(insert, [*common, *_columns(rows)])
            return {row.attempt_id for row in rows}
        except IntegrityError:
            single = {row.tag: row for row in reversed(rows)}  # two people may share a mailbox: the first of them claims it
            with transaction.atomic(durable=True):
                cursor.execute(f"{insert}{again} RETURNING attempt_id", [*common, *_columns([*reversed(single.values())])])
                return {attempt_id for (attempt_id,) in cursor.fetchall()}


def _columns(rows: Sequence[Claim]) -> list[str]:
    return as_columns((row.attempt_id.hex, row.tag, row.body_digest) for row in rows)


def settle(channel: str, settlements: Sequence[Settlement]) -> None:
    """Write what became of many claims in one statement; what evidence settled meanwhile keeps its state."""
    table = ledger_table(channel)
    rows = ((item.attempt_id.hex, item.state, item.sid, " ".join(item.error.split())) for item in settlements)
    with connection.cursor() as cursor:
        cursor.execute(  # with "=" for the tenant a plan may read all its rows, in every batch of a blast
            f"""
            UPDATE public.{table.name} t
               SET state = CASE WHEN t.state = 'claimed' THEN v.state ELSE t.state END,
                   {table.ok} = t.{table.ok} OR v.state = 'sent',
                   {table.sid} = coalesce(nullif(v.sid, ''), t.{table.sid}),
                   last_error = coalesce(nullif(v.error, ''), t.last_error), settled_at = now()
              FROM {columns_sql(4)} AS v(attempt_id, state, sid, error)
             WHERE t.attempt_id = v.attempt_id::uuid AND t.tenant_id IS NOT DISTINCT FROM %s
            """,
            [*as_columns(rows), connection.schema_name],
        )


def release_rejected(channel: str, campaign_key: str, tags: Collection[str]) -> None:
    """Let addresses whose message the provider refused be tried again; the owner asked for it."""
    _release(channel, campaign_key, tags, where="state = 'rejected'")


def release_undelivered(channel: str, campaign_key: str, tags: Collection[str]) -> None:
    """Let addresses be tried again whose message the provider took and then said it could not deliver, for a reason that was mended."""
    forgotten = f", {ledger_table(channel).ok} = false, provider_status = NULL, provider_rank = 0"
    _release(channel, campaign_key, tags, where="provider_status IN ('failed', 'undelivered')", forgotten=forgotten)


def _release(channel: str, campaign_key: str, tags: Collection[str], *, where: str, forgotten: str = "") -> None:
    """Release the claims on these addresses that `where` picks; `forgotten` is SQL that resets what was heard of them."""
    table = ledger_table(channel)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE public.{table.name} SET state = 'released'{forgotten}"
            f" WHERE tenant_id = %s AND campaign_key = %s AND {table.address} = ANY(%s) AND {where}",
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
