"""Keep what people write to the business."""

import datetime

from django.db import transaction

from customers.models import Conversation, Customer, Message, Participant
from servicepro.lib.fields import phone_tag


def record_inbound_message(
    *, source: str, from_e164: str, body: str, provider_id: str, occurred_at: datetime.datetime, needs_review: bool = False
) -> Message | None:
    """Put a text into its sender's conversation; None where this provider id is already there."""
    with transaction.atomic():
        conversation, is_new = Conversation.objects.get_or_create(source=source, external_key=phone_tag(from_e164))
        if is_new:
            customer = Customer.objects.filter(phone=from_e164).first()
            Participant.objects.create(
                conversation=conversation, phone=from_e164, customer=customer, name=customer.name if customer else ""
            )
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
        Conversation.objects.filter(pk=conversation.pk).update(last_message_at=occurred_at)
    return message if is_first else None
