"""What is shown of a person's yes and no: the history, and the answer for a channel and a day."""

import datetime
import zoneinfo
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from customers.models import Customer
from customers.services import consent_timeline, could_write
from customers.services.staff_wishes import AGREEABLE, HOWS
from customers.types import Answer, ConsentMoment
from customers.wording import CHANNELS, moment_sentence
from tenants.selectors import current_tenant

_LABELS = {"sms": "Texts", "whatsapp": "WhatsApp", "email": "Emails"}


def consent_section(customer: Customer, asked: Mapping[str, str]) -> dict[str, Any]:
    """Return what the section on consent shows; `asked` may name a channel and a day, and what makes no sense is left out."""
    channel, day, today = asked.get("channel", ""), day_named(asked.get("day", "")), today_here()
    shown: dict[str, Any] = {
        "consent_moments": [moment_line(moment) for moment in consent_timeline(customer)],
        "channels": _LABELS,
        "agreeable": {name: _LABELS[name] for name in AGREEABLE},
        "hows": HOWS,
        "today": today,
        "asked_channel": channel,
        "asked_day": day or today,
    }
    if channel in CHANNELS and day:
        verdict, answer = answer_on(customer, channel, day)
        shown |= {"answer": answer, "verdict": verdict, "answer_events": [moment_line(moment) for moment in answer.events]}
    return shown


def answer_on(customer: Customer, channel: str, day: datetime.date) -> tuple[str, Answer]:
    """Return the verdict as a sentence, and the answer, for the end of a day on the business's clock; for today it is now."""
    today, zone = today_here(), zoneinfo.ZoneInfo(current_tenant().time_zone)
    is_past = day < today
    at = datetime.datetime.combine(day, datetime.time.max, zone) if is_past else timezone.now()
    answer = could_write(customer, channel, at)
    verb = f"{'could' if is_past else 'may'}{'' if answer.is_allowed else ' not'}"
    verdict = f"{'Yes' if answer.is_allowed else 'No'}, we {verb} send offers by {CHANNELS[channel].removesuffix('s')}"
    return f"{verdict} on {day.day} {day:%b} {day.year}.", answer


def moment_line(moment: ConsentMoment) -> str:
    """Return one line of the history, with who recorded it where that was not the person."""
    by = f" (recorded by {moment.actor})" if moment.actor and moment.source.startswith(("staff", "import")) else ""
    return moment_sentence(moment, time_zone=current_tenant().time_zone) + by


def day_named(text: str) -> datetime.date | None:
    """Return the day a date field names, None where it names none."""
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None


def today_here() -> datetime.date:
    """Return the day on the business's clock."""
    return timezone.localdate(timezone=zoneinfo.ZoneInfo(current_tenant().time_zone))
