"""Tell the phone or email that somebody had before: whoever did not change it must hear of it while the points rest.

The change is a row that the database wrote, and the notice leaves through the delivery engine under a key of its own: a worker that
dies or a provider that is away only delays it.
"""

import datetime
import logging
from collections.abc import Iterable

from django.utils import timezone

from customers.selectors import ContactChange
from customers.services import close_contact_change, untold_contact_changes
from loyalty.policy import REDEMPTION_REST
from loyalty.wording import deadline_in_words
from messaging.errors import PaceUnavailable
from messaging.services import deliver
from messaging.types import Channel, Envelope, MessageClass, Outcome, Reason, Receipt
from tenants.selectors import current_tenant

logger = logging.getLogger(__name__)
BATCH = 200
GIVE_UP = datetime.timedelta(hours=24)
TOO_LATE = "too_late"
_OPEN = (Outcome.LATER, Outcome.IN_DOUBT, Outcome.HELD)
_CHANNELS = {ContactChange.Channel.SMS: Channel.SMS, ContactChange.Channel.EMAIL: Channel.EMAIL}


def tell_old_contacts() -> int:
    """Send what is open to addresses that were replaced; return how many changes are done now, the others are taken up again."""
    found = untold_contact_changes(BATCH)
    late = [change for change in found if change.changed_at < timezone.now() - GIVE_UP]
    for change in late:
        close_contact_change(change.pk, TOO_LATE)
    done = len(late)
    for kind, channel in _CHANNELS.items():
        done += _send(channel, [change for change in found if change.channel == kind and change not in late])
    return done


def _send(channel: Channel, changes: Iterable[ContactChange]) -> int:
    """Send one notice to each address that a person had, however many of their records had it."""
    same: dict[tuple[int, str], list[ContactChange]] = {}
    for change in changes:
        person = change.customer.same_person_as_id or change.customer_id
        same.setdefault((person, change.old_phone or change.old_email or ""), []).append(change)
    envelopes = [_envelope(channel, person, address, group[0]) for (person, address), group in same.items()]
    if not envelopes:
        return 0
    try:
        receipts = deliver(envelopes)
    except PaceUnavailable:
        return 0  # nothing was claimed; the beat comes back to it
    groups = {group[0].pk: group for group in same.values()}
    return sum(_close(groups[receipt.reference], receipt) for receipt in receipts if receipt.outcome not in _OPEN)


def _close(changes: list[ContactChange], receipt: Receipt) -> int:
    said = Outcome.SENT.value if receipt.reason == Reason.ALREADY_SENT else receipt.outcome.value
    outcome = f"{said}:{receipt.reason}"[:64] if receipt.reason and said != Outcome.SENT.value else said
    for change in changes:
        close_contact_change(change.pk, outcome)
        logger.info("contact_change_notice change=%s channel=%s outcome=%s", change.pk, change.channel, outcome)
    return len(changes)


def _envelope(channel: Channel, person: int, address: str, change: ContactChange) -> Envelope:
    business, is_email = current_tenant().name, channel is Channel.EMAIL
    thing = "email address" if is_email else "phone number"
    until = deadline_in_words(change.changed_at + REDEMPTION_REST, current_tenant().time_zone, current_tenant().region)
    news = f"the {thing} of your account was changed. To keep your points safe, they cannot be used before {until}."
    if is_email:
        body = f"Hello,\n\n{news}\n\nIf that was not you, please answer this email or call us at once.\n\n{business}"
    else:
        body = f"{business}: {news} If that was not you, please answer this text or call us at once."
    return Envelope(
        reference=change.pk,
        channel=channel,
        campaign_key=f"contact-changed:{change.pk}",
        address=address,
        subject=f"Your {thing} at {business} was changed" if is_email else "",
        body=body,
        message_class=MessageClass.TRANSACTIONAL,
        customer_id=person,
    )
