"""What may be booked together, and what may become of an appointment: pure decisions."""

import datetime
from collections.abc import Sequence

from bookings.types import QuoteLine

SERVICES_MAX = 12
# A family's cars fit; a calendar does not. Guests prove nothing, so what others typed leaves room for who signs in.
UPCOMING_MAX, GUEST_UPCOMING_MAX = 6, 3
CORE, ADD_ON = "core", "add_on"
CONFIRMED, COMPLETED, NO_SHOW, CANCELLED = "confirmed", "completed", "no_show", "cancelled"
# What has happened can be corrected; a cancelled appointment gave up its seat and its points, so it is booked anew.
NEXT: dict[str, tuple[str, ...]] = {
    CONFIRMED: (COMPLETED, NO_SHOW, CANCELLED),
    COMPLETED: (CONFIRMED, NO_SHOW),
    NO_SHOW: (CONFIRMED, COMPLETED),
    CANCELLED: (),
}
_NAMES = {CONFIRMED: "confirmed", COMPLETED: "completed", NO_SHOW: "a no-show", CANCELLED: "cancelled"}


def cart_problem(lines: Sequence[QuoteLine], needing_company: Sequence[str]) -> str:
    """Return why services cannot be booked together, empty where they can; `needing_company` names extras among them."""
    if not lines:
        return "Please choose at least one service."
    if len(lines) > SERVICES_MAX:
        return f"That is more than fits one appointment. Please choose at most {SERVICES_MAX} services."
    if needing_company and not any(line.category == CORE for line in lines):
        names = " and ".join(needing_company)
        return f"{names} can only be booked together with a main service. Please add one."
    return ""


def upcoming_problem(coming: int, *, is_guest: bool) -> str:
    """Return why somebody who has `coming` appointments to come cannot book another, empty where they can."""
    if is_guest and coming >= GUEST_UPCOMING_MAX:
        return "No more appointments can be booked with this phone number or email without signing in. Please sign in, or call us."
    if coming >= UPCOMING_MAX:
        return f"You have {coming} appointments coming up, which is as many as can be booked here. Please call us to book another."
    return ""


def next_statuses(status: str, starts_at: datetime.datetime, now: datetime.datetime) -> tuple[str, ...]:
    """Return what an appointment may become now: nobody has come, or failed to, before it begins."""
    return tuple(later for later in NEXT[status] if starts_at <= now or later not in (COMPLETED, NO_SHOW))


def status_problem(status: str, wanted: str, starts_at: datetime.datetime, now: datetime.datetime) -> str:
    """Return why an appointment cannot become `wanted`, empty where it can."""
    if wanted not in NEXT:
        return "There is no such status."
    if wanted in next_statuses(status, starts_at, now):
        return ""
    if status == CANCELLED:
        return "This appointment was cancelled, and its time and points were given back. Please book a new one."
    if wanted in NEXT[status]:
        return f"This appointment has not begun yet, so it cannot be {_NAMES[wanted]}."
    return f"This appointment is {_NAMES[status]}, so it cannot become {_NAMES[wanted]}."


def own_change_problem(status: str, starts_at: datetime.datetime, now: datetime.datetime) -> str:
    """Return why a customer can no longer move or cancel an appointment, empty where they can."""
    if status == CANCELLED:
        return "This appointment was cancelled already."
    if status != CONFIRMED or starts_at <= now:
        return "This appointment has begun, so it cannot be changed any more. Please call us."
    return ""
