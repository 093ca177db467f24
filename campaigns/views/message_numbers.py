"""What the page of a messaging campaign counts and lists: its numbers, its people, what was done to it, and when it goes."""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from campaigns.message_chart import draw
from campaigns.message_words import BADGES, NOBODY, action_in_words, late_sentence, reason_in_words, report_in_words, report_sentence
from campaigns.messaging_stats import messaging_stats
from campaigns.models import Campaign, Target
from campaigns.selectors import explain_target, matching_targets, running_campaigns
from campaigns.types import ChannelStats, MessagingStats
from customers.services import record_access
from messaging.selectors import delivery_statuses
from servicepro.lib.clock import moment_in_words
from servicepro.lib.phone import mask_phone
from tenants.selectors import audit_entries, current_tenant, signed_in_user

PAGE_ROWS, ACTIONS_SHOWN, MANY = 50, 50, 10_000
SEARCH_CHARACTERS_MAX = 120
REPORTS_FOR = datetime.timedelta(hours=24)  # how long after its end a page still looks for who has got it and opened it
CHANNELS = {"email": "Email", "whatsapp": "WhatsApp"}
COLUMNS = {"email": "email", "whatsapp": "sms"}  # which columns of a target tell of a channel
LINES = (
    ("Sent", "sent"),
    ("Failed", "failed"),
    ("Left out", "skipped"),
    ("Waiting", "pending"),
    ("Total", "total"),
    ("Delivered", "delivered"),
    ("Opened or read", "opened"),
    ("Sent back or not delivered", "bounced"),
    ("Said no afterwards", "opted_out"),
)
STATUSES = tuple(BADGES.items())
Status = Campaign.Status
REMOVABLE_IN = (Status.DRAFT, Status.SCHEDULED, Status.PAUSED)


def chosen_channels(campaign: Campaign) -> list[str]:
    """Return the channels a messaging campaign goes by."""
    return ["email"] * campaign.email_enabled + ["whatsapp"] * campaign.sms_enabled


def is_being_prepared(campaign: Campaign) -> bool:
    """Tell whether it was started and its list is still being made."""
    return campaign.status == Status.SCHEDULED and campaign.scheduled_at is not None and campaign.scheduled_at <= timezone.now()


@dataclass(frozen=True, slots=True)
class Totals:
    """The messages of all channels together."""

    messages: int
    sent: int
    failed: int
    skipped: int
    pending: int
    delivered: int
    opened: int
    cost_micros: int

    @classmethod
    def of(cls, channels: Sequence[ChannelStats]) -> "Totals":
        """Add up what the channels count."""
        names = ("total", "sent", "failed", "skipped", "pending", "delivered", "opened", "cost_micros")
        return cls(*(sum(getattr(channel, name) for channel in channels) for name in names))


def share(part: int, whole: int) -> int | None:
    """Return a part in percent, None of nothing; all is only said of all, and none only of none."""
    if not whole:
        return None
    return 100 if part == whole else min(99, max(1, round(100 * part / whole))) if part else 0


def cards(campaign: Campaign, stats: MessagingStats) -> list[dict[str, Any]]:
    """Return the numbers to see first: label, number, its share and what that is a share of."""
    totals = Totals.of(stats.channels)
    found: list[dict[str, Any]] = [{"label": "Recipients", "count": stats.recipients, "name": "recipients"}]
    for label, name, whole, of in (
        ("Sent", "sent", totals.messages, "of all messages"),
        ("Failed", "failed", totals.messages, "of all messages"),
        ("Waiting", "pending", totals.messages, "of all messages"),
        ("Left out", "skipped", totals.messages, "of all messages"),
        ("Delivered", "delivered", totals.sent, "of sent"),
    ):
        count = getattr(totals, name)
        found.append({"label": label, "count": count, "share": share(count, whole), "of": of, "name": name})
    if counted := [channel for channel in stats.channels if channel.channel not in unknown_opens(campaign)]:
        opened, sent = sum(channel.opened for channel in counted), sum(channel.sent for channel in counted)
        found.append({"label": "Opened or read", "count": opened, "share": share(opened, sent), "of": "of sent", "name": "opened"})
    return found


def unknown_opens(campaign: Campaign) -> frozenset[str]:
    """Return the channels of which nobody counts who opens a message."""
    return frozenset() if campaign.tracks_opens else frozenset({"email"})


def numbers_context(campaign: Campaign) -> dict[str, Any]:
    """Return the numbers of a campaign as its page shows them."""
    stats = messaging_stats([campaign])[campaign.pk]
    totals, unknown = Totals.of(stats.channels), unknown_opens(campaign)
    return {
        "stats": stats,
        "totals": totals,
        "percent": share(totals.messages - totals.pending, totals.messages) or 0,
        "cards": cards(campaign, stats),
        "channels": [{"name": CHANNELS[channel.channel]} for channel in stats.channels],
        "lines": [(label, [_cell(channel, name, unknown) for channel in stats.channels]) for label, name in LINES],
        "started": moment(campaign.started_at) if campaign.started_at else "",
        "finished": moment(campaign.finished_at) if campaign.finished_at else "",
        "channel_names": " and ".join(CHANNELS[name] for name in chosen_channels(campaign)),
        "chart": draw(stats.channels, unknown=unknown) if totals.messages else None,
        "reasons": left_out_because(campaign),
        "is_preparing": is_being_prepared(campaign),
        "waits_for": running_campaigns().exclude(pk=campaign.pk).first() if is_being_prepared(campaign) else None,
        "starts": moment(campaign.scheduled_at) if campaign.status == Status.SCHEDULED and campaign.scheduled_at else "",
        "is_live": _has_news(campaign),
        "every": _pause_between_looks(campaign, stats.recipients),
    }


def _cell(channel: ChannelStats, name: str, unknown: frozenset[str]) -> int | None:
    return None if name == "opened" and channel.channel in unknown else getattr(channel, name)


def left_out_because(campaign: Campaign) -> list[tuple[str, list[tuple[int, str]]]]:
    """Return, for each channel, how many were left out for which reason."""
    found = []
    for channel in chosen_channels(campaign):
        skipped = Target.objects.filter(campaign_id=campaign.pk, **{f"{COLUMNS[channel]}_status": "skipped"})
        counted = skipped.values_list(f"{COLUMNS[channel]}_reason").annotate(people=Count("pk")).order_by("-people")
        found.append((CHANNELS[channel], [(people, reason_in_words(channel, reason)) for reason, people in counted]))
    return [(channel, reasons) for channel, reasons in found if reasons]


def _pause_between_looks(campaign: Campaign, recipients: int) -> str:
    """Return how long a page waits before it counts anew: many people are counted less often, and what is done still less."""
    if campaign.status == Status.COMPLETED:
        return "15s"
    is_quick = campaign.status == Status.RUNNING or is_being_prepared(campaign)
    return "1s" if is_quick and recipients < MANY else "5s"


def _has_news(campaign: Campaign) -> bool:
    """Tell whether its numbers change by themselves: it is being sent, will start, or is still being delivered and opened."""
    is_late = campaign.finished_at is not None and campaign.finished_at > timezone.now() - REPORTS_FOR
    return campaign.status in (Status.RUNNING, Status.SCHEDULED) or (campaign.status == Status.COMPLETED and is_late)


def people_table(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    """Return a page of its people, filtered as asked, with what became of each on each channel; the look is recorded."""
    status, channel = request.GET.get("status", ""), request.GET.get("channel", "")
    search = request.GET.get("q", "").replace("\0", "").strip()[:SEARCH_CHARACTERS_MAX]
    found = _matching(campaign, status=status, channel=channel, search=search)
    page = Paginator(found, PAGE_ROWS).get_page(request.GET.get("page"))
    record_access(actor=signed_in_user(request), action="view", how_many=len(page), subject=f"campaign:{campaign.pk}")
    channels = chosen_channels(campaign)
    reports = {name: _reports(name, list(page)) for name in channels}
    return {
        "page": page,
        "people": [_person(campaign, target, reports) for target in page],
        "table_channels": [(name, CHANNELS[name]) for name in channels],
        "statuses": STATUSES,
        "status": status,
        "channel": channel,
        "q": search,
        "is_filtered": bool(status or channel or search),
    }


def _matching(campaign: Campaign, *, status: str, channel: str, search: str) -> QuerySet[Target]:
    tenant = current_tenant()
    found = matching_targets(campaign.pk)
    if search:
        by_phone = matching_targets(campaign.pk, phone_text=search, region=tenant.region).values("pk")
        found = found.filter(Q(name__icontains=search) | Q(email__icontains=search) | Q(pk__in=by_phone))
    ways = [channel] if channel in CHANNELS else chosen_channels(campaign)
    if status in BADGES:
        wanted = Q(pk=None)
        for way in ways:
            wanted |= Q(**{f"{COLUMNS[way]}_status": status})
        found = found.filter(wanted)
    elif channel in CHANNELS:
        found = found.exclude(**{f"{COLUMNS[channel]}_status": "skipped"})
    return found


def _reports(channel: str, targets: Sequence[Target]) -> Mapping[uuid.UUID, str]:
    attempts = [attempt for target in targets if (attempt := getattr(target, f"{COLUMNS[channel]}_attempt_id"))]
    return delivery_statuses(channel, attempts) if attempts else {}


def _person(campaign: Campaign, target: Target, reports: Mapping[str, Mapping[uuid.UUID, str]]) -> dict[str, Any]:
    ways, is_waiting = [], False
    for channel, said in reports.items():
        column = COLUMNS[channel]
        status, attempt = getattr(target, f"{column}_status"), getattr(target, f"{column}_attempt_id")
        report = report_in_words(said.get(attempt)) if status == "sent" and attempt else ""
        reason = reason_in_words(channel, getattr(target, f"{column}_reason")) or late_sentence(report)
        is_waiting = is_waiting or status in ("pending", "held")
        ways.append({"label": CHANNELS[channel], "chip": report or status, "badge": report or BADGES[status], "because": reason})
    return {
        "target": target,
        "phone": mask_phone(target.phone) if target.phone else "",
        "ways": ways,
        "may_be_removed": is_waiting and campaign.status in REMOVABLE_IN,
    }


def explain_recipient(target: Target) -> dict[str, str]:
    """Return in plain words what became of one person, with what the email provider said since."""
    why = explain_target(target)
    said = report_sentence(_reports("email", [target]).get(target.email_attempt_id)) if target.email_attempt_id else ""
    return {**why, "email": f"{why['email']} {said}".strip()}


def actions_context(campaign: Campaign) -> dict[str, Any]:
    """Return what was done to it: who, when and what, the latest first."""
    entries = audit_entries([f"campaign:{campaign.pk}"])[::-1]
    done = [(str(entry.actor or NOBODY), moment(entry.created_at), action_in_words(entry.action, entry.details)) for entry in entries]
    return {"done": done[:ACTIONS_SHOWN], "done_before": len(done[ACTIONS_SHOWN:])}


def moment(at: datetime.datetime) -> str:
    """Return an instant on the clock of the business."""
    tenant = current_tenant()
    return moment_in_words(at, tenant.time_zone, tenant.region, today=timezone.now().astimezone(ZoneInfo(tenant.time_zone)).date())


def when_in_words(campaign: Campaign) -> str:
    """Say when it began or will begin."""
    for label, at in (("", campaign.started_at), ("starts ", campaign.scheduled_at), ("made ", campaign.created_at)):
        if at:
            return label + moment(at)
    return ""
