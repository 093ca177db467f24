"""Which messaging campaigns somebody may see, and which of their people stand where: the rows a program pages through."""

from django.db.models import Q, QuerySet

from bookings.selectors import all_places, places_of
from campaigns.errors import UnknownCampaign
from campaigns.models import IS_OPEN, Campaign, Segment, Target
from tenants.selectors import User

KIND = "messaging"
_ANY_SENT = Q(sms_status="sent") | Q(email_status="sent")
_ANY_FAILED = Q(sms_status="failed") | Q(email_status="failed")
# What a person's status is where two channels differ: somebody still waits, else something went out, else something went wrong.
_BY_STATUS = {
    "all": Q(),
    "pending": IS_OPEN,
    "sent": _ANY_SENT & ~IS_OPEN,
    "failed": _ANY_FAILED & ~IS_OPEN & ~_ANY_SENT,
    "skipped": Q(sms_status="skipped", email_status="skipped"),
}


def messaging_campaigns(user: User) -> QuerySet[Campaign]:
    """Return the campaigns to customers of places this owner looks after, newest first; drafts without a place are any owner's."""
    found = Campaign.objects.filter(kind=KIND)
    for place_id in _places_of_others(user):
        found = found.exclude(audience__place_ids__contains=[place_id])
    return found.select_related("segment").order_by("-created_at", "-pk")


def messaging_by_id(campaign_id: int, user: User) -> Campaign:
    """Return a messaging campaign this owner may see. Raises UnknownCampaign."""
    campaign = messaging_campaigns(user).filter(pk=campaign_id).first()
    if campaign is None:
        raise UnknownCampaign(f"There is no messaging campaign {campaign_id} in this business, or not among yours.")
    return campaign


def segments_of(user: User) -> list[Segment]:
    """Return the saved segments of places this owner looks after, by name."""
    others = _places_of_others(user)
    return [segment for segment in Segment.objects.all() if not others.intersection(segment.filters.get("place_ids", ()))]


def recipients_of(campaign_id: int, *, status: str = "all") -> QuerySet[Target]:
    """Return the people of a campaign who stand there, in the order they are written to."""
    return Target.objects.filter(_BY_STATUS[status], campaign_id=campaign_id).order_by("id")


def recipient_status(target: Target) -> str:
    """Return where one person stands: "pending", "sent", "failed" or "skipped", as `recipients_of` finds them."""
    stands = {target.sms_status, target.email_status}
    if stands & {"pending", "held", "in_doubt"}:
        return "pending"
    return next((status for status in ("sent", "failed") if status in stands), "skipped")


def _places_of_others(user: User) -> set[int]:
    return {place.pk for place in all_places()} - {place.pk for place in places_of(user)}
