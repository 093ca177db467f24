"""Questions about campaigns: every number is a count over rows."""

from django.conf import settings
from django.db.models import Q, QuerySet

from campaigns.errors import UnknownCampaign
from campaigns.models import IS_OPEN, Target
from campaigns.models import Campaign as Campaign  # other apps name the rows they are handed through here
from campaigns.types import CampaignCounts, ChannelCounts, TextsCost
from campaigns.wording import carrier_sentence, reason_label, sentence_for
from messaging.selectors import delivery_statuses
from servicepro.lib.phone import Phone, parse_phone
from servicepro.lib.signing import unsign_number
from servicepro.lib.tenancy import connection
from tenants.selectors import business_settings

MICROS_PER_MINOR = 10_000  # millionths in a cent
OFFER_LINK = "offer"
UNSUBSCRIBE_LINK = "unsubscribe"
FILTERS = ("all", "pending", "sent", "failed", "skipped", "held", "in_doubt")


def campaign_by_id(campaign_id: int) -> Campaign:
    """Return a campaign of the current tenant. Raises UnknownCampaign."""
    campaign = Campaign.objects.filter(pk=campaign_id).first()
    if campaign is None:
        raise UnknownCampaign(f"There is no campaign {campaign_id} in this business.")
    return campaign


def campaign_by_key(key: str) -> Campaign | None:
    """Return a campaign of the current tenant by its key, None where there is none."""
    return Campaign.objects.filter(key=key).first()


def campaign_counts(campaign_id: int) -> CampaignCounts:
    """Return the numbers of a campaign in two queries, whatever its size."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*), count(*) FILTER (WHERE sms_status = 'sent'), count(*) FILTER (WHERE sms_status = 'failed'),
                   count(*) FILTER (WHERE sms_status = 'skipped'), count(*) FILTER (WHERE sms_status = 'held'),
                   count(*) FILTER (WHERE sms_status = 'pending'), count(*) FILTER (WHERE sms_status = 'in_doubt'),
                   count(*) FILTER (WHERE email_status = 'sent'), count(*) FILTER (WHERE email_status = 'failed'),
                   count(*) FILTER (WHERE email_status = 'skipped'), count(*) FILTER (WHERE email_status = 'held'),
                   count(*) FILTER (WHERE email_status = 'pending'), count(*) FILTER (WHERE email_status = 'in_doubt'),
                   coalesce(sum(points_granted), 0)
              FROM campaigns_target WHERE campaign_id = %s
            """,
            [campaign_id],
        )
        row = cursor.fetchone()
        cursor.execute(
            "SELECT sms_reason, count(*) FROM campaigns_target WHERE campaign_id = %s AND sms_status = 'skipped'"
            " GROUP BY sms_reason ORDER BY 2 DESC",
            [campaign_id],
        )
        reasons = dict(cursor.fetchall())
    return CampaignCounts(ChannelCounts(row[0], *row[1:7]), ChannelCounts(row[0], *row[7:13]), row[13], reasons)


def open_targets(campaign_id: int) -> QuerySet[Target]:
    """Return everybody of a campaign who still waits for an outcome: those it has not come to yet, and those it had to pass."""
    served_to = Campaign.objects.filter(pk=campaign_id).values("served_to")
    return Target.objects.filter(Q(waits=True) | Q(IS_OPEN, pk__gt=served_to), campaign_id=campaign_id)


def matching_targets(
    campaign_id: int, *, status: str = "all", reason: str = "", phone_text: str = "", region: str = "US"
) -> QuerySet[Target]:
    """Return the targets of a campaign for its table, by status of either channel, skip reason, or phone."""
    targets = Target.objects.filter(campaign_id=campaign_id).order_by("id")
    if phone_text:
        parsed = parse_phone(phone_text, region)
        targets = targets.filter(phone=parsed.e164) if isinstance(parsed, Phone) else targets.none()
    if status in FILTERS[1:]:
        targets = targets.filter(sms_status=status) | targets.filter(email_status=status)
    if reason:
        targets = targets.filter(sms_reason=reason)
    return targets


def target_by_phone(campaign_id: int, phone_text: str, region: str) -> Target | None:
    """Return the target of a campaign with this phone, as a person would type it."""
    return matching_targets(campaign_id, phone_text=phone_text, region=region).first() if phone_text else None


def target_of_link(purpose: str, token: str) -> Target | None:
    """Return the target a personal link was made for, or None; it identifies and never signs in."""
    number = unsign_number(purpose, connection.schema_name, token)
    return Target.objects.select_related("campaign", "customer").filter(pk=number).first() if number else None


def cancelled_in_doubt() -> QuerySet[Campaign]:
    """Return cancelled campaigns with people whose last message is still in doubt."""
    in_doubt = Q(targets__sms_status="in_doubt") | Q(targets__email_status="in_doubt")
    return Campaign.objects.filter(in_doubt, targets__waits=True, status=Campaign.Status.CANCELLED).distinct()


def running_campaigns() -> QuerySet[Campaign]:
    """Return the campaigns that are being sent."""
    return Campaign.objects.filter(status=Campaign.Status.RUNNING)


def explain_target(target: Target) -> dict[str, str]:
    """Return, in plain words, what became of one person and why, and what the carrier said of the text since."""
    sms = sentence_for("text", target.sms_status, target.sms_reason, target.facts)
    if target.sms_attempt_id:
        reported = delivery_statuses("sms", [target.sms_attempt_id]).get(target.sms_attempt_id)
        sms += carrier_sentence(reported)
    return {
        "sms": sms,
        "email": sentence_for("email", target.email_status, target.email_reason, target.facts),
        "points": (
            f"{target.points_granted} points were added."
            if target.points_granted
            else "No points yet; they are added when this person's turn comes."
        ),
    }


def campaign_report(campaign_id: int) -> list[str]:
    """Return one line per kind of outcome: how many people, what they got and why."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT sms_status, sms_reason, email_status, email_reason, count(*), sum(points_granted) FROM campaigns_target
             WHERE campaign_id = %s GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC
            """,
            [campaign_id],
        )
        return [
            f"{people:>6} people: text {sms}{_because(sms_reason)}; email {email}{_because(email_reason)}; {points} points"
            for sms, sms_reason, email, email_reason, people, points in cursor.fetchall()
        ]


def _because(reason: str) -> str:
    return f" ({reason_label(reason)})" if reason else ""


def texts_cost(campaign: Campaign, segments_each: int) -> TextsCost:
    """Return what starting a campaign would cost, at `segments_each` segments a text.

    The price of a segment is a setting in millionths of the account's currency: accounts and carriers differ.
    """
    people = Target.objects.filter(campaign_id=campaign.pk, opted_out=False).exclude(phone=None).count()
    points = Target.objects.filter(campaign_id=campaign.pk).count() * campaign.points
    segments = people * segments_each
    return TextsCost(
        people=people,
        points=points,
        points_money_minor=points * business_settings().point_value_minor,
        segments=segments,
        money_minor=-(-segments * settings.SMS_SEGMENT_PRICE_MICROS // MICROS_PER_MINOR),
    )


def recent_campaigns() -> QuerySet[Campaign]:
    """Return the latest campaigns, newest first."""
    return Campaign.objects.order_by("-created_at")[:5]
