"""People for the tests of merging: made in one line, with points and conversations, and what stands in one value."""

import itertools
from typing import Any

from customers.models import (
    Conversation,
    Customer,
    MergeProposal,
    Participant,
)
from customers.types import MergeClue
from loyalty.models import PointsTransaction
from loyalty.services import grant_points

A, B, C = "+15125550142", "+15125550143", "+15125550144"
CLUE = MergeClue("email", "customer", 1)
_keys = itertools.count(1)


def person(name: str = "Ana", **fields: Any) -> Customer:
    return Customer.objects.create(name=name, **fields)


def grant(customer: Customer, points: int) -> None:
    grant_points(customer_ids=[customer.pk], points=points, reason="test", campaign_key=f"k{next(_keys)}")


def spend(customer: Customer, points: int) -> None:
    PointsTransaction.objects.create(customer=customer, kind="REDEEM", points=-points, reason="test")
    fresh = Customer.objects.get(pk=customer.pk).loyalty_points_balance
    Customer.objects.filter(pk=customer.pk).update(loyalty_points_balance=fresh - points)


def balance(customer: Customer) -> int:
    return Customer.objects.get(pk=customer.pk).loyalty_points_balance


def state() -> dict[str, list]:
    """Everything a merge may touch, in a comparable form; the moment of the last change is no part of it."""
    columns = [field.attname for field in Customer._meta.concrete_fields if field.attname != "updated_at"]
    return {
        "customers": [[getattr(row, column) for column in columns] for row in Customer.objects.order_by("pk")],
        "participants": list(Participant.objects.order_by("pk").values_list("pk", "customer_id")),
        "proposals": list(MergeProposal.objects.order_by("pk").values_list("first_id", "second_id", "status")),
    }


def in_conversation(phone: str, customer: Customer | None) -> Participant:
    conversation = Conversation.objects.create(source="twilio", external_key=f"c{next(_keys)}")
    return Participant.objects.create(conversation=conversation, phone=phone, customer=customer)
