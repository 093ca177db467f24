"""Somebody a list brought, who was invited with a welcome offer, and the link they got."""

import datetime
import itertools
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from campaigns.models import Campaign, Target
from campaigns.selectors import INVITATION_LINK
from customers.models import Customer
from customers.services import mark_invited
from loyalty.models import WelcomeOffer
from loyalty.services import promise_offer
from servicepro.lib.signing import sign_number

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation that reached somebody: the offer (if any), the code it promised, and the link."""

    customer: Customer
    offer: WelcomeOffer | None
    code: str
    link: str


def make_offer(**terms: object) -> WelcomeOffer:
    """Return an offer of 15 % for 30 days."""
    wanted = {"discount_type": "percentage", "discount_value": 15, "minimum_purchase_minor": 7_500, "max_discount_minor": 5_000} | terms
    return WelcomeOffer.objects.create(name=f"Welcome {next(_numbers)}", **wanted)


def invite(customer: Customer, offer: WelcomeOffer | None, *, at: datetime.datetime | None = None) -> Invited:
    """Invite a customer as a campaign does."""
    number = next(_numbers)
    campaign = Campaign.objects.create(
        kind="invitation", key=f"invitation-{number}", name=f"Invitation {number}", channel="sms", offer=offer
    )
    target = Target.objects.create(campaign=campaign, customer=customer, name=customer.name, phone=customer.phone, email_status="skipped")
    code = promise_offer(offer.pk, [customer.pk])[customer.pk] if offer else ""
    mark_invited([customer.pk], at or timezone.now())
    return Invited(customer, offer, code, sign_number(INVITATION_LINK, connection.schema_name, target.pk))
