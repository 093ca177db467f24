"""Have the provider remove its copies of an erased person's messages, asked again until it answers."""

import datetime
import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from messaging.models import CopyRemoval
from messaging.providers.loop import start_in_loop
from messaging.providers.redaction import STOPPING, remove_messages
from messaging.providers.results import Removal, RemovalAnswer
from messaging.providers.sendgrid import sendgrid_account
from messaging.providers.twilio import twilio_account
from messaging.selectors import sender_for
from messaging.types import Channel
from servicepro.lib.fields import email_tag

logger = logging.getLogger(__name__)
BATCH = 200
LEASE = datetime.timedelta(minutes=10)  # a worker that dies in between is followed by the next
WAIT_FIRST, WAIT_MAX = datetime.timedelta(minutes=1), datetime.timedelta(days=1)
DOUBLINGS_MAX = 11  # from a minute to more than a day


@dataclass(frozen=True, slots=True)
class Removed:
    """How many copies are settled now, and how many are asked for again later."""

    settled: int = 0
    waiting: int = 0


def ask_for_removal(certificate_id: uuid.UUID, message_sids: Iterable[str]) -> int:
    """Note that these messages' copies are to be removed; return how many were not noted before."""
    now = timezone.now()
    rows = [CopyRemoval(certificate_id=certificate_id, message_sid=sid, due_at=now) for sid in sorted(set(message_sids))]
    before = CopyRemoval.objects.count()
    CopyRemoval.objects.bulk_create(rows, ignore_conflicts=True)
    return CopyRemoval.objects.count() - before


def ask_for_email_removal(certificate_id: uuid.UUID, emails: Iterable[str]) -> int:
    """Note that SendGrid is to erase these addresses, and ask it once the transaction is through; return how many there are."""
    now = timezone.now()
    rows = [
        CopyRemoval(
            certificate_id=certificate_id,
            provider="sendgrid",
            message_sid=f"{email_tag(email)}:{certificate_id.hex}",
            address=email,
            due_at=now,
        )
        for email in sorted(set(emails))
    ]
    CopyRemoval.objects.bulk_create(rows, ignore_conflicts=True)
    if rows:
        transaction.on_commit(_remove_email_data, robust=True)  # at once, so that the address need not be kept
    return len(rows)


def remove_provider_copies() -> Removed:
    """Ask the providers for every removal of the current tenant that is due, a batch at a time."""
    texts, emails = _remove_texts(), _remove_email_data()
    return Removed(texts.settled + emails.settled, texts.waiting + emails.waiting)


def _remove_email_data() -> Removed:
    total = Removed()
    while sids := _take_due("sendgrid"):
        if not settings.SENDGRID_API_KEY:
            return Removed(total.settled, total.waiting + len(sids))
        addresses = [address for address in CopyRemoval.objects.filter(message_sid__in=sids).values_list("address", flat=True) if address]
        answer = sendgrid_account().erase_recipients(addresses)
        answers = [replace(answer, sid=sid) for sid in sids]
        _record(answers)
        _report(answers)
        CopyRemoval.objects.filter(message_sid__in=sids).exclude(state=CopyRemoval.State.WAITING).update(address=None)
        if answer.removal in STOPPING:
            return Removed(total.settled, total.waiting + len(sids))
        total = Removed(total.settled + len(sids), total.waiting)
    return total


def _remove_texts() -> Removed:
    total = Removed()
    while sids := _take_due("twilio"):
        if sender_for(Channel.SMS) is None:
            return Removed(total.settled, total.waiting + len(sids))
        answers = start_in_loop(remove_messages(twilio_account(), sids)).result()
        waiting = [answer for answer in answers if answer.removal in STOPPING]
        _record(answers)
        _report(answers)
        total = Removed(total.settled + len(answers) - len(waiting), total.waiting + len(waiting))
        if any(answer.stops_everything for answer in answers):
            break
    return total


def _take_due(provider: str) -> list[str]:
    """Take a batch for a while, so that two workers do not ask for the same."""
    with transaction.atomic():
        due = CopyRemoval.objects.select_for_update(skip_locked=True).filter(provider=provider, state=CopyRemoval.State.WAITING)
        sids = list(due.filter(due_at__lte=timezone.now()).order_by("due_at", "pk").values_list("message_sid", flat=True)[:BATCH])
        CopyRemoval.objects.filter(message_sid__in=sids).update(due_at=timezone.now() + LEASE)
    return sids


def _report(answers: list[RemovalAnswer]) -> None:
    """Say in the log what a person has to mend: nothing goes until the account is in order, and a refusal is for good."""
    if refused := [answer for answer in answers if answer.removal is Removal.ACCOUNT]:
        logger.error("provider_copies_account_refused code=%s: check the account; asked again later", refused[0].code)
    for answer in answers:
        if answer.removal is Removal.REFUSED:
            logger.warning("provider_copy_stays message=%s code=%s", answer.sid, answer.code)


def _record(answers: list[RemovalAnswer]) -> None:
    now = timezone.now()
    asked_wait = datetime.timedelta(seconds=min(max((answer.wait_seconds for answer in answers), default=0.0), WAIT_MAX.total_seconds()))
    rows = {row.message_sid: row for row in CopyRemoval.objects.filter(message_sid__in=[answer.sid for answer in answers])}
    for answer in answers:
        row = rows[answer.sid]
        row.answer = answer.code[:40]
        if answer.removal in STOPPING:
            row.due_at = now + max(asked_wait, min(WAIT_MAX, WAIT_FIRST * 2 ** min(row.attempts, DOUBLINGS_MAX)))
        else:
            row.state, row.settled_at = answer.removal.value, now
        row.attempts += 1
    CopyRemoval.objects.bulk_update(rows.values(), ["answer", "due_at", "state", "settled_at", "attempts"])
