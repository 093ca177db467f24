"""Questions about a business's registration."""

from django.db.models import Prefetch

from a2p.errors import UnknownRegistration
from a2p.models import A2pCampaign, Attempt, AttemptEvent, Brand


def saved_brand() -> Brand | None:
    """Return who registers, or None where nobody has begun."""
    return Brand.objects.filter(pk=1).first()


def working_campaign() -> A2pCampaign | None:
    """Return the registration the business works on, or None where nobody has begun."""
    return A2pCampaign.objects.select_related("brand").order_by("-pk").first()


def campaign_by_id(campaign_id: int) -> A2pCampaign:
    """Return a registration of this business. Raises UnknownRegistration."""
    campaign = A2pCampaign.objects.select_related("brand").filter(pk=campaign_id).first()
    if campaign is None:
        raise UnknownRegistration("There is no such registration in this business.")
    return campaign


def attempts_of(campaign: A2pCampaign) -> list[Attempt]:
    """Return every attempt with its events, newest first."""
    events = Prefetch("events", queryset=AttemptEvent.objects.order_by("pk"))
    return list(Attempt.objects.filter(campaign=campaign).prefetch_related(events).order_by("-number"))


def latest_attempt(campaign: A2pCampaign) -> Attempt | None:
    """Return the newest attempt."""
    return Attempt.objects.filter(campaign=campaign).order_by("-number").first()


def campaigns_with(*statuses: str) -> list[A2pCampaign]:
    """Return the registrations in one of these states."""
    return list(A2pCampaign.objects.filter(status__in=statuses).order_by("pk"))


def is_us_texting_approved() -> bool:
    """Return whether the carriers approved what this business texts."""
    return A2pCampaign.objects.filter(status=A2pCampaign.Status.APPROVED).exists()
