"""What a person's page shows of their yes and no: the history, and the answer for a channel and a day."""

import datetime
import zoneinfo
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from customers.models import Customer
from customers.services import consent_timeline, could_write
from customers.services.staff_wishes import AGREEABLE, HOWS
from customers.types import ConsentMoment
from customers.wording import CHANNELS, moment_sentence
from tenants.selectors import current_tenant

_LABELS = {"sms": "Texts", "whatsapp": "WhatsApp", "email": "Emails"}


def consent_section(customer: Customer, asked: Mapping[str, str]) -> dict[str, Any]:
    """Return what the section on consent shows; `asked` may name a channel and a day, and what makes no sense is left out."""
    tenant = current_tenant()
    today = timezone.localdate(timezone=zoneinfo.ZoneInfo(tenant.time_zone))
    channel, day = asked.get("channel", ""), day_named(asked.get("day", ""))
    shown: dict[str, Any] = {
        "consent_moments": [_sentence(moment) for moment in consent_timeline(customer)],
        "channels": _LABELS,
        "agreeable": {channel: _LABELS[channel] for channel in AGREEABLE},
        "hows": HOWS,
        "today": today,
        "asked_channel": channel,
        "asked_day": day or today,
    }
    if channel not in CHANNELS or day is None:
        return shown
    answer = could_write(customer, channel, _end_of(day, today, tenant.time_zone))
    asks_today = day >= today
    verb = ("Yes, we may send" if answer.is_allowed else "No, we may not send") if asks_today else None
    verb = verb or ("Yes, we could send" if answer.is_allowed else "No, we could not send")
    question = f"{verb} offers by {CHANNELS[channel].removesuffix('s')} on {day.day} {day:%b %Y}."
    events = [_sentence(moment) for moment in answer.events]
    return shown | {"answer": answer, "verdict": question, "answer_events": events}


def _sentence(moment: ConsentMoment) -> str:
    by = f" (recorded by {moment.actor})" if moment.actor and moment.source in ("staff", "import") else ""
    return moment_sentence(moment, time_zone=current_tenant().time_zone) + by


def day_named(text: str) -> datetime.date | None:
    """Return the day a date field names, None where it names none."""
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None


def _end_of(day: datetime.date, today: datetime.date, time_zone: str) -> datetime.datetime:
    """Return the last moment of a day on the business's clock, now for today and days to come."""
    if day >= today:
        return timezone.now()
    return datetime.datetime.combine(day, datetime.time.max, zoneinfo.ZoneInfo(time_zone))
