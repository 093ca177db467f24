"""Settle what is in doubt by evidence: the provider's own log says whether a message went out."""

import datetime
import uuid
from collections import defaultdict
from dataclasses import dataclass

from django.conf import settings

from messaging.providers.loop import start_in_loop
from messaging.providers.results import LogEntry, LogUnreadable
from messaging.providers.sendgrid import sendgrid_account
from messaging.providers.twilio import twilio_account
from messaging.selectors import ledger_table, open_claims, sender_for
from messaging.services.claims import Settlement, body_digest, settle
from messaging.types import Channel, LedgerRow, Sender
from servicepro.lib.crypto import address_tag
from servicepro.lib.tenancy import connection

LOOK_BACK = datetime.timedelta(seconds=90)  # the provider's clock and ours may differ
EMAIL_CHECKS_MAX = 500  # one question per email in doubt; the next run goes on


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What evidence said of the sends in doubt."""

    sent: int = 0
    released: int = 0
    still_in_doubt: int = 0


def reconcile_sends() -> Reconciled:
    """Settle every claim of the current tenant that is older than the grace period and has no outcome.

    Found in the provider's log: sent. Not found, though the log could be read: it did not go out, and may be tried again. Where
    the log cannot be read, the doubt stays.
    """
    found = (_reconcile_with_log(Channel.SMS), _reconcile_with_log(Channel.WHATSAPP), _reconcile_emails())
    return Reconciled(sum(one.sent for one in found), sum(one.released for one in found), sum(one.still_in_doubt for one in found))


def _reconcile_with_log(channel: Channel) -> Reconciled:
    claims = open_claims(channel.value, older_than_seconds=settings.RECONCILE_GRACE_SECONDS)
    if not claims:
        return Reconciled()
    sender = sender_for(channel)
    if sender is None:
        return Reconciled(still_in_doubt=len(claims))
    try:
        found = start_in_loop(_find(claims, sender, connection.schema_name, _known_sids(channel, claims))).result()
    except LogUnreadable:
        return Reconciled(still_in_doubt=len(claims))
    settlements = [
        Settlement(claim.attempt_id, "sent", found[claim.attempt_id])
        if claim.attempt_id in found
        else Settlement(claim.attempt_id, "released", error="not in the provider's log")
        for claim in claims
        if claim.attempt_id
    ]
    settle(channel.value, settlements)
    return Reconciled(len(found), len(settlements) - len(found))


def _known_sids(channel: Channel, claims: list[LedgerRow]) -> set[str]:
    """Return the message ids that other rows of these addresses own already: they prove nothing about these claims."""
    table = ledger_table(channel)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {table.sid} FROM public.{table.name} WHERE tenant_id = %s AND {table.address} = ANY(%s) AND {table.sid} IS NOT NULL",
            [connection.schema_name, [claim.tag for claim in claims]],
        )
        return {row[0] for row in cursor.fetchall()}


async def _find(claims: list[LedgerRow], sender: Sender, schema: str, taken: set[str]) -> dict[uuid.UUID, str]:
    """Return {attempt id: message id} of the claims whose address and text stand in the log since they were claimed.

    How WhatsApp words a template in the log is WhatsApp's affair: there a message to the address that no row owns is evidence enough,
    because taking it for another one would write to somebody twice.
    """
    waiting: dict[tuple[str, str], list[LedgerRow]] = defaultdict(list)
    for claim in claims:
        if claim.attempt_id:
            waiting[(claim.tag, claim.body_digest)].append(claim)
    found: dict[uuid.UUID, str] = {}
    reworded: list[tuple[str, LogEntry]] = []
    since = claims[0].attempted_at - LOOK_BACK
    async for entry in twilio_account().log(since, sender):
        tag = address_tag(schema, "phone", entry.to)
        matches = waiting.get((tag, body_digest(entry.body)))
        if matches and entry.sid not in taken and _is_after(entry, matches[-1]):
            found[_attempt_of(matches.pop())] = entry.sid
        elif sender.channel is Channel.WHATSAPP and entry.sid not in taken:
            reworded.append((tag, entry))
    for tag, entry in reworded:
        late = [claim for (of_tag, _digest), left in waiting.items() if of_tag == tag for claim in left if _is_after(entry, claim)]
        if late and entry.sid not in found.values():
            waiting[(tag, late[-1].body_digest)].remove(late[-1])
            found[_attempt_of(late[-1])] = entry.sid
    return found


def _attempt_of(claim: LedgerRow) -> uuid.UUID:
    assert claim.attempt_id is not None
    return claim.attempt_id


def _is_after(entry: LogEntry, claim: LedgerRow) -> bool:
    return entry.created_at >= (claim.attempted_at - LOOK_BACK).timestamp()


def _reconcile_emails() -> Reconciled:
    claims = [claim for claim in open_claims("email", older_than_seconds=settings.RECONCILE_GRACE_SECONDS) if claim.attempt_id]
    answers = {claim.attempt_id: sendgrid_account().find_attempt(str(claim.attempt_id)) for claim in claims[:EMAIL_CHECKS_MAX]}
    settlements = [
        Settlement(attempt_id, "sent" if is_there else "released")
        for attempt_id, is_there in answers.items()
        if is_there is not None and attempt_id
    ]
    if settlements:
        settle("email", settlements)
    sent = sum(item.state == "sent" for item in settlements)
    return Reconciled(sent, len(settlements) - sent, len(claims) - len(settlements))
