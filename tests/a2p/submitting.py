"""Registrations that are ready to go, and what the provider has of them."""

import dataclasses
from collections import Counter

from django.urls import reverse

from a2p.models import A2pCampaign
from a2p.services import save_brand, save_campaign
from tenants.selectors import current_tenant, public_url
from tests.a2p.registering import BRAND, CAMPAIGN
from tests.support.simulator import SimulatorProcess

OWN_NUMBER = "+15125550100"


def fields_of(facts: object) -> dict[str, object]:
    """Return facts as a form gives them."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in dataclasses.asdict(facts).items()}


def ready_campaign(**changes: object) -> A2pCampaign:
    """Return a registration that can be submitted, with some fields changed."""
    brand = {name: value for name, value in changes.items() if hasattr(BRAND, name)}
    campaign = {name: value for name, value in changes.items() if hasattr(CAMPAIGN, name)}
    save_brand(None, fields_of(BRAND) | brand)
    return save_campaign(None, fields_of(CAMPAIGN) | campaign)


def give_number(simulator: SimulatorProcess, number: str = OWN_NUMBER, **settings: object) -> None:
    """Let the account have a number whose texts come here, unless told otherwise."""
    url = f"{public_url(current_tenant())}{reverse('twilio-inbound')}"
    simulator.control("POST", "numbers", {"number": number, "inboundUrl": url} | settings)


def cases(simulator: SimulatorProcess) -> Counter[str]:
    """Return how many profiles, products, brands and campaigns the provider has; the platform's own profile is not counted."""
    rows = simulator.control("GET", "registrations")
    return Counter(row["kind"] for row in rows if row.get("friendly_name") != "Platform")
