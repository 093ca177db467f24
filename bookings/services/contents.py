"""Change what an appointment consists of: bill, length and points are worked out anew, or nothing of it is changed.

What stays keeps the price it was booked at; what is added costs what it costs today. A welcome offer that was used is asked about again
with the new bill, and points with what it leaves: they stay, some go back, or all of them do where that was asked for, and never more are
used than were.
"""

import datetime

from django.db import transaction
from django.utils import timezone

from bookings.errors import ChangedMeanwhile, NotChangeable, PriceChanged
from bookings.models import Booking, BookingNotice, Place
from bookings.policy import CONFIRMED, own_change_problem
from bookings.selectors import booking_by_public_id
from bookings.services.booking import write_lines
from bookings.services.changes import LOOK_AGAIN, by_whom
from bookings.services.discounts import check_discounts, discounts_of, revise_discounts
from bookings.services.notices import tell
from bookings.services.quotes import PricedCart, price_cart
from bookings.services.seats import find_seat, hold_place, seat_sold_once, stretch_seat
from bookings.types import Cart, ChangeQuote, NewContents, QuoteLine, Slot
from customers.services import no_erasure_meanwhile
from servicepro.lib.errors import ServiceProError
from servicepro.lib.money import format_minor
from tenants.selectors import User
from tenants.services import record_action


def change_services(booking: Booking, wanted: NewContents, actor: User | None = None) -> Booking:
    """Change the services of an appointment, at the time it has or at another one, and return it; an actor of None is the customer.

    Asked for what it is already, nothing changes. Raises NotChangeable (ChangedMeanwhile where the page was old), BadCart,
    ServiceWithdrawn, ClosedThen, SlotTaken, PriceChanged, UnknownPlace and loyalty's OfferRefused and RedemptionBlocked.
    """
    with seat_sold_once(), transaction.atomic():
        no_erasure_meanwhile()
        place = hold_place(booking.place_id, is_active=actor is None)
        held = Booking.objects.select_for_update(no_key=True).get(pk=booking.pk)
        _refuse(held, actor)
        priced = _priced(held, place, wanted)
        if _is_change(held, priced, wanted):
            if (wanted.seen is not None and wanted.seen != held.sequence) or held.place_id != place.pk:
                raise ChangedMeanwhile(LOOK_AGAIN)
            _change(held, priced, wanted, actor)
    return booking_by_public_id(booking.public_id)


def quote_change(booking: Booking, wanted: NewContents, actor: User | None = None) -> ChangeQuote:
    """Return what an appointment would be with other services; nothing is held or changed.

    Raises NotChangeable, BadCart and ServiceWithdrawn.
    """
    _refuse(booking, actor)
    priced = _priced(booking, booking.place, wanted)
    is_change = _is_change(booking, priced, wanted)
    found = check_discounts(booking, priced, wanted) if is_change else discounts_of(booking)
    return ChangeQuote(
        lines=priced.lines,
        total_minor=priced.total_minor,
        duration_minutes=priced.duration_minutes,
        points=found.points,
        points_returned=booking.points_used - found.points,
        discount_minor=found.points_minor,
        due_minor=priced.total_minor - found.offer_minor - found.points_minor,
        blocked=found.points_blocked,
        coach=found.coach,
        time_problem=_time_problem(booking, priced),
        is_change=is_change,
        offer_discount_minor=found.offer_minor,
        offer_blocked=found.offer_blocked,
    )


def _refuse(booking: Booking, actor: User | None) -> None:
    if actor is None and (problem := own_change_problem(booking.status, booking.starts_at, timezone.now())):
        raise NotChangeable(problem)
    if booking.status != CONFIRMED:
        raise NotChangeable("Only the services of a confirmed appointment can be changed.")


def _priced(booking: Booking, place: Place, wanted: NewContents) -> PricedCart:
    booked = {
        line.service_id: QuoteLine(line.service_id, line.name, line.category, line.price_minor, line.duration_minutes)
        for line in booking.lines.all()
    }
    return price_cart(Cart(place.pk, wanted.service_ids), place, booked)


def _is_change(booking: Booking, priced: PricedCart, wanted: NewContents) -> bool:
    has_others = {line.service_id for line in priced.lines} != {line.service_id for line in booking.lines.all()}
    is_moved = wanted.starts_at is not None and wanted.starts_at != booking.starts_at
    gives_back = (wanted.returns_points and booking.points_used > 0) or (wanted.returns_offer and booking.offer_id is not None)
    return has_others or is_moved or gives_back


def _time_problem(booking: Booking, priced: PricedCart) -> str:
    try:
        stretch_seat(booking.place, booking, priced.duration_minutes)
    except ServiceProError as error:
        return error.message
    return ""


def _change(held: Booking, priced: PricedCart, wanted: NewContents, actor: User | None) -> None:
    seat, slot = _seated(held, priced, wanted.starts_at, is_staff=actor is not None)
    used = revise_discounts(held, priced, wanted)
    due = priced.total_minor - used.minor
    if wanted.quoted_due_minor is not None and wanted.quoted_due_minor != due:
        price = format_minor(due, held.currency)
        raise PriceChanged(f"It would now be {price} to pay. Nothing was changed; please look again.", real_minor=due)
    facts = {
        "was": sorted(line.service_id for line in held.lines.all()),
        "services": sorted(line.service_id for line in priced.lines),
        "was_due_minor": held.due_minor,
        "due_minor": due,
        "points_returned": held.points_used - used.points.points_used,
        "starts_at": slot.starts_at.astimezone(datetime.UTC).isoformat(),
    }
    if held.offer_id is not None:
        facts |= {"was_offer_minor": held.offer_discount_minor, "offer_minor": used.offer.discount_minor if used.offer else 0}
    held.seat, held.starts_at, held.ends_at, held.sequence = seat, slot.starts_at, slot.ends_at, held.sequence + 1
    held.total_minor, held.due_minor = priced.total_minor, due
    for column, value in used.columns().items():
        setattr(held, column, value)
    held.save(update_fields=["seat", "starts_at", "ends_at", "sequence", "total_minor", "due_minor", *used.columns()])
    _write_lines(held, priced)
    record_action(actor, "booking_services_changed", f"booking:{held.pk}", by=by_whom(actor), **facts)
    tell(held, BookingNotice.What.CHANGED)


def _seated(held: Booking, priced: PricedCart, starts_at: datetime.datetime | None, *, is_staff: bool) -> tuple[int, Slot]:
    if starts_at is None or starts_at == held.starts_at:
        return stretch_seat(priced.place, held, priced.duration_minutes)
    return find_seat(priced.place, starts_at, priced.duration_minutes, moving=held, is_staff=is_staff)


def _write_lines(held: Booking, priced: PricedCart) -> None:
    ids = [line.service_id for line in priced.lines]
    held.lines.exclude(service_id__in=ids).delete()
    there = set(held.lines.values_list("service_id", flat=True))
    write_lines(held, [line for line in priced.lines if line.service_id not in there])
