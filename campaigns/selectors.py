"""Questions about campaigns: every number is a count over rows."""

import datetime
from collections.abc import Collection
from dataclasses import dataclass, fields

from django.conf import settings
from django.db.models import Q, QuerySet

from campaigns.errors import UnknownCampaign
from campaigns.models import IS_OPEN, Target
from campaigns.models import Campaign as Campaign  # other apps name the rows they are handed through here
from campaigns.types import CampaignCounts, ChannelCounts, InvitationStats, TextsCost
from campaigns.wording import carrier_sentence, fallback_sentence, reason_label, sentence_for
from messaging.selectors import delivery_statuses, ledger_table
from servicepro.lib.phone import Phone, parse_phone
from servicepro.lib.signing import unsign_number
from servicepro.lib.tenancy import connection
from tenants.selectors import business_settings

MICROS_PER_MINOR = 10_000  # millionths in a cent
OFFER_LINK = "offer"
UNSUBSCRIBE_LINK = "unsubscribe"
PREFERENCES_LINK = "preferences"
INVITATION_LINK = "invitation"
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
                   coalesce(sum(points_granted), 0), coalesce(bool_or(email_reason <> 'phone_only'), true)
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
    return CampaignCounts(ChannelCounts(row[0], *row[1:7]), ChannelCounts(row[0], *row[7:13]), row[13], reasons, has_email=row[14])


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


def invitation_of(token: str) -> tuple[int, int | None, int] | None:
    """Return (customer id, offer id or None, campaign id) of the invitation a personal link was made for, or None."""
    target = target_of_link(INVITATION_LINK, token)
    if target is None or target.customer_id is None:
        return None
    return target.customer_id, target.campaign.offer_id, target.campaign_id


def cancelled_in_doubt() -> QuerySet[Campaign]:
    """Return cancelled campaigns with people whose last message is still in doubt."""
    in_doubt = Q(targets__sms_status="in_doubt") | Q(targets__email_status="in_doubt")
    return Campaign.objects.filter(in_doubt, targets__waits=True, status=Campaign.Status.CANCELLED).distinct()


def running_campaigns() -> QuerySet[Campaign]:
    """Return the campaigns that are being sent."""
    return Campaign.objects.filter(status=Campaign.Status.RUNNING)


def explain_target(target: Target) -> dict[str, str]:
    """Return, in plain words, what became of one person and why, and what the carrier said of the text since."""
    message = "WhatsApp message" if target.phone_channel == "whatsapp" else "text"
    sms = sentence_for(message, target.sms_status, target.sms_reason, target.facts) + fallback_sentence(target.facts)
    if target.sms_attempt_id:
        reported = delivery_statuses(target.phone_channel, [target.sms_attempt_id]).get(target.sms_attempt_id)
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


_UNUSED = ("phone_only", "channel_not_chosen")  # why a campaign does not go by a channel at all


def campaign_report(campaign_id: int) -> list[str]:
    """Return one line per kind of outcome: how many people, what they got and why."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT CASE phone_channel WHEN 'sms' THEN 'text' ELSE 'WhatsApp' END, sms_status, sms_reason, email_status, email_reason,
                   count(*), sum(points_granted) FROM campaigns_target
             WHERE campaign_id = %s GROUP BY 1, 2, 3, 4, 5 ORDER BY 6 DESC
            """,
            [campaign_id],
        )
        rows = cursor.fetchall()
    grants_points = Campaign.objects.filter(pk=campaign_id, points__gt=0).exists()
    lines = []
    for way, sms, sms_reason, email, email_reason, people, points in rows:
        ways = ((way, sms, sms_reason), ("email", email, email_reason))
        said = [f"{name} {status}{_because(reason)}" for name, status, reason in ways if reason not in _UNUSED]
        lines.append(f"{people:>6} people: " + "; ".join([*said, *([f"{points} points"] if grants_points else [])]))
    return lines


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


def has_started_campaign() -> bool:
    """Return whether this business ever started a campaign."""
    return Campaign.objects.filter(started_at__isnull=False).exists()


def kinds_of_drafts() -> list[str]:
    """Return the kinds of which there are campaigns that nobody started yet, drafts and scheduled ones."""
    waiting = Campaign.objects.filter(status__in=(Campaign.Status.DRAFT, Campaign.Status.SCHEDULED), started_at=None)
    return sorted(waiting.values_list("kind", flat=True).distinct())


@dataclass(frozen=True, slots=True)
class Life:
    """How far a person has come, by all their records."""

    invited_at: datetime.datetime | None
    registered_at: datetime.datetime | None


def lives_of(customer_ids: Collection[int]) -> dict[int, Life]:
    """Return {customer id: how far this person has come}, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT asked.id, max(r.invited_at), min(r.registered_at)
              FROM customers_customer asked
              JOIN LATERAL (SELECT invited_at, registered_at FROM customers_customer WHERE id = coalesce(asked.same_person_as_id, asked.id)
                            UNION ALL
                            SELECT invited_at, registered_at FROM customers_customer
                             WHERE same_person_as_id = coalesce(asked.same_person_as_id, asked.id)) r ON true
             WHERE asked.id = ANY(%s) GROUP BY asked.id
            """,
            [list(customer_ids)],
        )
        return {row[0]: Life(*row[1:]) for row in cursor.fetchall()}


OPTED_OUT_REASONS = ("opted_out_explicit", "address_suppressed", "opted_out_provider")


def invitation_stats(campaign: Campaign) -> InvitationStats:
    """Return the funnel of an invitation in one query, whatever its size."""
    return stats_of_invitations([campaign])[campaign.pk]


def stats_of_invitations(campaigns: Collection[Campaign]) -> dict[int, InvitationStats]:
    """Return {campaign id: the funnel} of invitations in one query, however many they are."""
    whatsapp, sms = ledger_table("whatsapp").name, ledger_table("sms").name
    with connection.cursor() as cursor:
        cursor.execute(  # with "=" for the tenant a plan may read all its rows for each target, while a campaign is being sent
            f"""
            WITH reached AS (
                SELECT t.campaign_id, t.sms_status, t.sms_reason, coalesce(c.same_person_as_id, t.customer_id) AS person,
                       coalesce(w.attempted_at, s.attempted_at) AS sent_at, coalesce(w.provider_status, s.provider_status) AS said
                  FROM campaigns_target t
                  LEFT JOIN customers_customer c ON c.id = t.customer_id
                  LEFT JOIN public.{whatsapp} w ON w.attempt_id = t.sms_attempt_id AND t.phone_channel = 'whatsapp'
                        AND w.tenant_id IS NOT DISTINCT FROM %(tenant)s
                  LEFT JOIN public.{sms} s ON s.attempt_id = t.sms_attempt_id AND t.phone_channel = 'sms'
                        AND s.tenant_id IS NOT DISTINCT FROM %(tenant)s
                 WHERE t.campaign_id = ANY(%(campaigns)s)
            ), registrations AS (
                SELECT coalesce(same_person_as_id, id) AS person, max(registered_at) AS newest
                  FROM customers_customer WHERE registered_at IS NOT NULL GROUP BY 1
            ), bookings AS (
                SELECT coalesce(c.same_person_as_id, c.id) AS person, max(b.created_at) AS newest
                  FROM bookings_booking b JOIN customers_customer c ON c.id = b.customer_id WHERE b.status <> 'cancelled' GROUP BY 1
            ), persons AS (
                SELECT r.*, r.sms_status = 'sent' AND g.newest >= r.sent_at AS registered,
                       r.sms_status = 'sent' AND b.newest >= r.sent_at AS booked
                  FROM reached r LEFT JOIN registrations g ON g.person = r.person LEFT JOIN bookings b ON b.person = r.person
            )
            SELECT campaign_id, count(*), count(*) FILTER (WHERE sms_status = 'sent'),
                   count(*) FILTER (WHERE sms_status = 'sent' AND said IN ('delivered', 'read')),
                   count(*) FILTER (WHERE sms_status = 'sent' AND said = 'read'),
                   count(*) FILTER (WHERE sms_status = 'failed' OR sms_status = 'sent' AND said IN ('failed', 'undelivered', 'canceled')),
                   count(*) FILTER (WHERE sms_status = 'skipped' AND sms_reason = ANY(%(opted_out)s)),
                   count(*) FILTER (WHERE registered), count(*) FILTER (WHERE booked)
              FROM persons GROUP BY campaign_id
            """,
            {
                "tenant": connection.schema_name,
                "campaigns": [campaign.pk for campaign in campaigns],
                "opted_out": list(OPTED_OUT_REASONS),
            },
        )
        found = {row[0]: InvitationStats(*row[1:]) for row in cursor.fetchall()}
    nobody = InvitationStats(*[0] * len(fields(InvitationStats)))
    return {campaign.pk: found.get(campaign.pk, nobody) for campaign in campaigns}


def invitation_campaigns() -> QuerySet[Campaign]:
    """Return all invitations, newest first."""
    return Campaign.objects.filter(kind="invitation").select_related("offer").order_by("-created_at", "-pk")


def invitation_by_id(campaign_id: int) -> Campaign:
    """Return an invitation of the current tenant. Raises UnknownCampaign."""
    campaign = invitation_campaigns().filter(pk=campaign_id).first()
    if campaign is None:
        raise UnknownCampaign(f"There is no invitation campaign {campaign_id} in this business.")
    return campaign
