"""Who came before, and who agreed to be written to: with it the demo businesses have somebody to send a campaign to."""

import datetime
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from bookings.selectors import active_places, active_services
from bookings.services import record_kept_appointment
from customers.selectors import Customer
from customers.services import choose_channel
from customers.types import Said

WORDING = "Yes, write to me by email about offers and news. I can stop it at any time."
VISITS_MAX = 3
# A visit every other day, on weekdays, in the morning or after lunch: no two of one place ever meet.
_HOURS = (11, 15)
_FRIDAY = 4


def set_up_visits() -> None:
    """Let the demo's people have come one to three times, and most of those with an email address have agreed to emails.

    Nobody is told. What is there already stays: whoever has a visit of these is passed over.
    """
    people = Customer.objects.filter(source="demo", same_person_as=None, erased_as=None, opted_out=False, email_opt_out=False)
    places = [(place, services) for place in active_places() if (services := active_services(place))]
    turn = 0
    for number, customer in enumerate(people.order_by("pk") if places else ()):
        with transaction.atomic():
            visits = number % VISITS_MAX + 1
            made = [_came(customer, places, visit, turn + visit) for visit in range(visits)]
            if any(made) and customer.email and number % 4 and customer.gdpr_marketing_consent is None:
                choose_channel(customer, channel="email", is_wanted=True, said=Said(WORDING))
        turn += visits


def _came(customer: Customer, places: Sequence[tuple[Any, Sequence[Any]]], visit: int, turn: int) -> bool:
    place, services = places[turn % len(places)]
    clock = ZoneInfo(place.time_zone)
    day = timezone.now().astimezone(clock).date() - datetime.timedelta(days=4 + 2 * turn)
    day -= datetime.timedelta(days=max(0, day.weekday() - _FRIDAY))
    starts_at = datetime.datetime.combine(day, datetime.time(_HOURS[turn % len(_HOURS)]), clock)
    core = [service for service in services if service.category == "core"] or services
    return record_kept_appointment(customer, place, core[turn % len(core)], starts_at=starts_at, key=f"demo-visit:{customer.pk}:{visit}")
