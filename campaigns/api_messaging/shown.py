"""Rows of a messaging campaign as the API shows them: a constant number of queries, however many they are."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from campaigns.choosing import channels_of, list_customers, selection_of
from campaigns.messaging_rows import recipient_status
from campaigns.messaging_stats import messaging_stats
from campaigns.models import Campaign, Target
from campaigns.types import EVERYBODY, CustomerPage, ListedCustomer, MessagingStats, Selection
from campaigns.wording import carrier_sentence, sentence_for
from messaging.selectors import ledger_rows, ledger_tags
from messaging.types import LedgerRow
from servicepro.lib.phone import mask_phone

NO_SELECTION = Selection()
_SUMS = ("total", "sent", "failed", "skipped", "pending", "delivered", "opened", "bounced", "opted_out", "cost_micros")


def shown_campaigns(campaigns: Sequence[Campaign]) -> list[dict[str, Any]]:
    """Return campaigns with what came of them."""
    stats = messaging_stats(campaigns)
    return [_campaign(campaign, stats[campaign.pk]) for campaign in campaigns]


def shown_stats(stats: MessagingStats) -> dict[str, Any]:
    """Return the numbers of a campaign: by channel, and their sums."""
    sums = {name: sum(getattr(channel, name) for channel in stats.channels) for name in _SUMS}
    return sums | {
        "recipients": stats.recipients,
        "sent_percent": _percent(sums["sent"], sums["total"]),
        "failed_percent": _percent(sums["failed"], sums["total"]),
        "tracks_opens": stats.tracks_opens,
        "channels": [{"channel": channel.channel} | {name: getattr(channel, name) for name in _SUMS} for channel in stats.channels],
    }


def shown_customers(found: CustomerPage, limit: int) -> dict[str, Any]:
    """Return a page of customers who may be chosen."""
    return {
        "customers": [_customer(customer) for customer in found.customers],
        "page": found.page,
        "limit": limit,
        "total": found.matching,
        "eligible": found.eligible,
        "selected": found.selected,
    }


def chosen_recipients(campaign: Campaign, *, status: str, page: int, limit: int) -> dict[str, Any]:
    """Return a page of those who are chosen for a draft, none of whom was written to."""
    selection = selection_of(campaign) if status in ("all", "pending") else NO_SELECTION
    found = list_customers(selection, EVERYBODY, page=page, limit=limit, is_selected_only=True)
    rows: list[dict[str, Any]] = [
        {
            "id": None,
            "user_id": person.id,
            "customer_name": person.name,
            "customer_email": person.email,
            "customer_phone": person.masked_phone,
            "status": "pending",
            "sent_at": None,
            "error_message": "",
            "messages": [],
        }
        for person in found.customers
    ]
    return {"recipients": rows, "page": found.page, "limit": limit, "total": found.selected}


def shown_recipients(campaign: Campaign, targets: Sequence[Target]) -> list[dict[str, Any]]:
    """Return people of a campaign with what became of their messages."""
    rows: dict[str, dict[str, LedgerRow]] = {channel.value: _ledger(channel, campaign.key, targets) for channel in channels_of(campaign)}
    return [_recipient(target, rows) for target in targets]


def _campaign(campaign: Campaign, stats: MessagingStats) -> dict[str, Any]:
    return {
        "id": campaign.pk,
        "campaign_type": campaign.kind,
        "name": campaign.name,
        "description": campaign.description,
        "place_ids": campaign.audience.get("place_ids", []),
        "segment_id": campaign.segment_id,
        "messaging_config": {
            "channels": channels_of(campaign),
            "email_subject": campaign.email_subject,
            "email_body": campaign.email_html,
            "whatsapp_message": campaign.sms_text,
            "content_sid": campaign.content_sid,
            "content_variables": campaign.content_variables,
            "scheduled_send_time": campaign.scheduled_at,
        },
        "status": _status(campaign),
        "pause_reason": campaign.pause_reason,
        "created_at": campaign.created_at,
        "started_at": campaign.started_at,
        "completed_at": campaign.finished_at,
        "stats": shown_stats(stats),
    }


def _status(campaign: Campaign) -> str:
    if campaign.status == Campaign.Status.RUNNING:
        return "sending"
    is_due = campaign.status == Campaign.Status.SCHEDULED and campaign.scheduled_at and campaign.scheduled_at <= timezone.now()
    return "preparing" if is_due else campaign.status


def _percent(part: int, whole: int) -> float:
    return round(part * 100 / whole, 1) if whole else 0.0


def _customer(customer: ListedCustomer) -> dict[str, Any]:
    return {
        "user_id": customer.id,
        "name": customer.name,
        "email": customer.email,
        "phone": customer.masked_phone,
        "gdpr_marketing_consent": customer.has_marketing_consent,
        "whatsapp_consent": customer.has_whatsapp_consent,
        "last_booking_date": customer.last_booking_at,
        "total_bookings": customer.bookings,
        "spent_minor": customer.spent_minor,
        "is_selected": customer.is_selected,
    }


def _address(channel: str, target: Target) -> str:
    return (target.email if channel == "email" else target.phone) or ""


def _ledger(channel: str, key: str, targets: Sequence[Target]) -> dict[str, LedgerRow]:
    """Return {address: the ledger's row}."""
    tags = ledger_tags(channel, {_address(channel, target) for target in targets} - {""})
    rows = ledger_rows(channel, key, tags.values()) if tags else {}
    return {address: rows[tag] for address, tag in tags.items() if tag in rows}


def _recipient(target: Target, rows: dict[str, dict[str, LedgerRow]]) -> dict[str, Any]:
    messages = [_message(channel, target, rows[channel].get(_address(channel, target))) for channel in rows]
    times = [message["sent_at"] for message in messages if message["sent_at"]]
    return {
        "id": target.pk,
        "user_id": target.customer_id,
        "customer_name": target.name,
        "customer_email": target.email or "",
        "customer_phone": mask_phone(target.phone) if target.phone else "",
        "status": recipient_status(target),
        "sent_at": min(times, default=None),
        "error_message": " ".join(message["sentence"] for message in messages if message["status"] in ("failed", "skipped")),
        "messages": messages,
    }


def _message(channel: str, target: Target, row: LedgerRow | None) -> dict[str, Any]:
    word = "email" if channel == "email" else "WhatsApp message"
    column = "email" if channel == "email" else "sms"
    status, reason = getattr(target, f"{column}_status"), getattr(target, f"{column}_reason")
    is_sent = status == "sent"
    reported = row.provider_status if row and is_sent else ""
    return {
        "channel": channel,
        "status": status,
        "reason": reason,
        "sentence": sentence_for(word, status, reason, target.facts) + carrier_sentence(reported),
        "sent_at": row.attempted_at if row and is_sent else None,
        "delivery_status": reported,
    }
