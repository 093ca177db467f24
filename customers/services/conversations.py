"""Keep what people write to the business."""

import datetime
import re

from django.db import transaction
from django.db.models.functions import Greatest

from customers.models import Conversation, Customer, Message, Participant
from customers.services.standstill import no_erasure_meanwhile
from servicepro.lib.fields import phone_tag

_E164 = re.compile(r"\+[1-9]\d{6,14}")


def record_inbound_message(
    *, source: str, from_e164: str, body: str, provider_id: str, occurred_at: datetime.datetime, needs_review: bool = False
) -> Message | None:
    """Put a text into its sender's conversation; None where this provider id is already there.

    A sender that is no E.164 number (a short code) is kept as written and never becomes somebody to write to.
    """
    with transaction.atomic():
        no_erasure_meanwhile()
        conversation, is_new = Conversation.objects.get_or_create(source=source, external_key=phone_tag(from_e164))
        if is_new:
            _add_participant(conversation, from_e164)
        message, is_first = Message.objects.get_or_create(
            conversation=conversation,
            external_key=provider_id,
            defaults={
                "direction": Message.Direction.INBOUND,
                "source": source,
                "body": body,
                "occurred_at": occurred_at,
                "needs_review": needs_review,
            },
        )
        if is_first:
            # The database's greatest() ignores null, so the first message counts too.
            latest = Greatest("last_message_at", occurred_at)
            Conversation.objects.filter(pk=conversation.pk).update(last_message_at=latest)
    return message if is_first else None


def _add_participant(conversation: Conversation, sender: str) -> None:
    if not _E164.fullmatch(sender):
        Participant.objects.create(conversation=conversation, phone_raw=sender)
        return
    customer = Customer.objects.filter(phone=sender).first()
    Participant.objects.create(conversation=conversation, phone=sender, customer=customer, name=customer.name[:120] if customer else "")
