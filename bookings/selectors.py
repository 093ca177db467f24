"""Questions about the catalog and what was booked."""

import datetime
import uuid
from collections.abc import Collection, Iterator
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from bookings.availability import day_bounds, day_refusal, open_slots
from bookings.errors import ClosedThen, LinkExpired, UnknownBooking, UnknownPlace
from bookings.models import Booking as Booking  # other apps name the rows they are handed through here
from bookings.models import BookingLine
from bookings.models import Place as Place
from bookings.models import Service as Service
from bookings.types import Busy, FreeWeek, Rules, Slot, Window
from customers.selectors import Customer
from loyalty.selectors import usable_offers
from loyalty.types import PastCart
from servicepro.lib.signing import sign_bytes, unsign_bytes
from servicepro.lib.tenancy import connection
from tenants.selectors import User, current_tenant, public_url

MANAGE_PURPOSE = "booking-manage"
MANAGE_LINK_DAYS = 30  # after the appointment; texts are kept for years and read by others
BOOKINGS_SHOWN_MAX = 100
STAFF_HORIZON_DAYS = 365
WEEK, LOOKED_AT_DAYS = 7, 28
CORE = Service.Category.CORE


def active_places() -> list[Place]:
    """Return the places customers can book at, by name."""
    return list(Place.objects.filter(is_active=True))


def all_places() -> list[Place]:
    """Return every place, also those that take no bookings any more, by name."""
    return list(Place.objects.all())


def places_of(user: User | None) -> list[Place]:
    """Return the places whose customers somebody may write to, by name: an owner's are those they look after, and those nobody does."""
    if user is None or not user.is_owner:
        return []
    return list(Place.objects.filter(Q(owners=None) | Q(owners=user)))


def place_by_id(place_id: int) -> Place:
    """Return a place customers can book at. Raises UnknownPlace."""
    place = Place.objects.filter(pk=place_id, is_active=True).first()
    if place is None:
        raise UnknownPlace("This place takes no bookings. Please choose another one.")
    return place


def active_services(place: Place) -> list[Service]:
    """Return what is offered at a place, main services first, then by name."""
    return list(Service.objects.filter(is_active=True, places=place).order_by("-category", "name"))


def rules_of(place: Place, *, is_staff: bool = False) -> Rules:
    """Return when a place takes appointments and how many at a time.

    People who work here may book at the last minute and further ahead than customers.
    """
    return Rules(
        time_zone=place.time_zone,
        capacity=place.capacity,
        slot_minutes=place.slot_minutes,
        lead_minutes=0 if is_staff else place.lead_minutes,
        horizon_days=STAFF_HORIZON_DAYS if is_staff else place.horizon_days,
        windows=tuple(Window(row.weekday, row.opens_at, row.closes_at) for row in place.hours.all()),
        closed_on=frozenset(place.closures.values_list("day", flat=True)),
    )


def busy_between(place: Place, begins: datetime.datetime, ends: datetime.datetime, *, leaving_out: Booking | None = None) -> list[Busy]:
    """Return the seats of a place that are taken at any time between two instants, one appointment left out where it is given."""
    rows = Booking.objects.filter(place=place, starts_at__lt=ends, ends_at__gt=begins).exclude(status=Booking.Status.CANCELLED)
    if leaving_out is not None:
        rows = rows.exclude(pk=leaving_out.pk)
    return [Busy(*row) for row in rows.values_list("seat", "starts_at", "ends_at")]


def slots_of_day(place: Place, day: datetime.date, duration_minutes: int, *, moving: Booking | None = None) -> list[Slot]:
    """Return the times of a place's day at which an appointment of this length can begin, in order.

    `moving` is an appointment that is being moved: its own time counts as free.
    """
    return slots_of_days(place, day, 1, duration_minutes, moving=moving)[day]


def slots_of_days(
    place: Place, first_day: datetime.date, days: int, duration_minutes: int, *, moving: Booking | None = None, is_staff: bool = False
) -> dict[datetime.date, list[Slot]]:
    """Return the slots of several days by day, days without any included; the queries do not grow with the days."""
    now, rules = timezone.now(), rules_of(place, is_staff=is_staff)
    busy = busy_between(place, *day_bounds(place.time_zone, first_day, days), leaving_out=moving)
    every_day = [first_day + datetime.timedelta(days=number) for number in range(days)]
    return {day: open_slots(rules, busy, duration_minutes=duration_minutes, day=day, now=now) for day in every_day}


def free_week(
    place: Place, duration_minutes: int, wanted: datetime.date | None, *, moving: Booking | None = None, is_staff: bool = False
) -> FreeWeek:
    """Return the free times of the week around a day, weeks counted from today; without one, around the first day with a free time."""
    today = today_at(place)
    last = today + datetime.timedelta(days=STAFF_HORIZON_DAYS if is_staff else place.horizon_days)
    if wanted is None:
        ahead = slots_of_days(place, today, LOOKED_AT_DAYS, duration_minutes, moving=moving, is_staff=is_staff)
        wanted = next((day for day, slots in ahead.items() if slots), today)
    wanted = min(max(wanted, today), last)
    first = today + datetime.timedelta(days=(wanted - today).days // WEEK * WEEK)
    week = slots_of_days(place, first, WEEK, duration_minutes, moving=moving, is_staff=is_staff)
    earlier, later = first - datetime.timedelta(days=WEEK), first + datetime.timedelta(days=WEEK)
    return FreeWeek(
        day=wanted,
        slots={day: slots for day, slots in week.items() if day <= last},
        earlier=earlier if earlier >= today else None,
        later=later if later <= last else None,
    )


def refuse_day(place: Place, day: datetime.date) -> None:
    """Refuse a day of the past, and one too far ahead to book. Raises ClosedThen."""
    if problem := day_refusal(rules_of(place), day, timezone.now()):
        raise ClosedThen(problem)


def today_at(place: Place) -> datetime.date:
    """Return the date on a place's clock."""
    return timezone.now().astimezone(ZoneInfo(place.time_zone)).date()


def _with_everything(bookings: QuerySet[Booking]) -> QuerySet[Booking]:
    return bookings.select_related("place", "customer").prefetch_related(Prefetch("lines", BookingLine.objects.order_by("pk")))


def booking_by_public_id(public_id: uuid.UUID | str) -> Booking:
    """Return an appointment with its place and lines. Raises UnknownBooking."""
    try:
        known = uuid.UUID(str(public_id))
    except ValueError:
        known = None
    booking = _with_everything(Booking.objects.filter(public_id=known)).first() if known else None
    if booking is None:
        raise UnknownBooking("There is no such appointment here.")
    return booking


def booking_by_token(token: str) -> Booking:
    """Return the appointment that a signed link of this business names. Raises UnknownBooking and LinkExpired."""
    payload = unsign_bytes(MANAGE_PURPOSE, connection.schema_name, token)
    if payload is None or len(payload) != 16:  # bytes of a UUID
        raise UnknownBooking("This link is not complete. Please open it again from our message.")
    booking = booking_by_public_id(uuid.UUID(bytes=payload))
    if booking.ends_at < timezone.now() - datetime.timedelta(days=MANAGE_LINK_DAYS):
        raise LinkExpired("This link belongs to an appointment of the past and no longer works.")
    return booking


def manage_token(booking: Booking) -> str:
    """Return the token that lets whoever has it see, move and cancel this one appointment."""
    return sign_bytes(MANAGE_PURPOSE, connection.schema_name, booking.public_id.bytes)


def manage_url(booking: Booking) -> str:
    """Return the link to an appointment for its customer."""
    return f"{public_url(current_tenant())}/b/{manage_token(booking)}"


def offer_usable_until(booking: Booking) -> datetime.datetime | None:
    """Return until when a cancelled appointment's welcome offer can be used again; None where none was used, or it cannot."""
    if booking.status != Booking.Status.CANCELLED or booking.offer_id is None:
        return None
    return next((row.promise.expires_at for row in usable_offers(booking.customer_id) if row.terms.id == booking.offer_id), None)


def bookings_of_customer(customer: Customer, *, is_upcoming: bool | None = None) -> list[Booking]:
    """Return the appointments of a person, written on whichever of their records; the next first, then the past backwards.

    `is_upcoming` picks those that are still to come, or the others (past and cancelled).
    """
    head = customer.same_person_as_id or customer.pk
    own = Booking.objects.filter(Q(customer_id=head) | Q(customer__same_person_as_id=head))
    to_come = Q(status=Booking.Status.CONFIRMED, ends_at__gt=timezone.now())
    upcoming = _with_everything(own.filter(to_come)).order_by("starts_at", "pk")
    past = _with_everything(own.exclude(to_come)).order_by("-starts_at", "-pk")
    chosen = {True: (upcoming,), False: (past,), None: (upcoming, past)}[is_upcoming]
    return [booking for rows in chosen for booking in rows[:BOOKINGS_SHOWN_MAX]]


def bookings_of_day(day: datetime.date, place: Place | None = None) -> list[Booking]:
    """Return what begins on a day, on each place's own clock, in order; cancelled ones included."""
    return _by_day(_with_everything(Booking.objects.all()), day, 1, place)[day]


def bookings_of_week(first_day: datetime.date, place: Place | None = None) -> dict[datetime.date, list[Booking]]:
    """Return what begins on each of seven days, on each place's own clock, in order, without phones, notes and customers' records."""
    lines = Prefetch("lines", BookingLine.objects.order_by("pk"))
    lean = Booking.objects.defer("contact_phone", "note").select_related("place").prefetch_related(lines)
    return _by_day(lean, first_day, WEEK, place)


def _by_day(bookings: QuerySet[Booking], first_day: datetime.date, days: int, place: Place | None) -> dict[datetime.date, list[Booking]]:
    begins, margin = datetime.datetime.combine(first_day, datetime.time(0), datetime.UTC), datetime.timedelta(days=1)
    rows = bookings.filter(starts_at__gte=begins - margin, starts_at__lt=begins + (days + 1) * margin)
    rows = rows.filter(place=place) if place else rows
    found: dict[datetime.date, list[Booking]] = {first_day + number * margin: [] for number in range(days)}
    for row in rows.order_by("starts_at", "place__name", "seat", "pk"):
        found.get(row.starts_at.astimezone(ZoneInfo(row.place.time_zone)).date(), []).append(row)
    return found


def services_for(booking: Booking) -> list[Service]:
    """Return what an appointment can consist of: what is offered at its place, and what was booked though it no longer is."""
    booked = [line.service_id for line in booking.lines.all()]
    offered = Service.objects.filter(Q(is_active=True, places=booking.place_id) | Q(pk__in=booked))
    return list(offered.distinct().order_by("-category", "name"))


def not_offered_at(place: Place, service_ids: Collection[int]) -> list[str]:
    """Return the names of those services that a place does not offer."""
    there = Service.objects.filter(pk__in=service_ids).exclude(places=place)
    return list(there.order_by("-category", "name").values_list("name", flat=True))


def other_services(place: Place, service_ids: Collection[int]) -> list[Service]:
    """Return what else is offered at a place; extras that need a main service only where one is chosen."""
    offered = active_services(place)
    has_core = any(service.pk in service_ids and service.category == CORE for service in offered)
    return [service for service in offered if service.pk not in service_ids and (has_core or not service.is_add_on_only)]


def past_carts(days: int) -> Iterator[PastCart]:
    """Yield what was booked in the last `days` days and not cancelled, as the rules of points see it."""
    since = timezone.now() - datetime.timedelta(days=days)
    core = BookingLine.objects.filter(booking=OuterRef("pk"), category=CORE)
    rows = Booking.objects.filter(created_at__gte=since).exclude(status=Booking.Status.CANCELLED).annotate(has_core=Exists(core))
    columns = ("total_minor", "offer_discount_minor", "has_core", "points_used")
    for total, offer, has_core, points in rows.order_by("pk").values_list(*columns).iterator(chunk_size=2_000):
        yield PastCart(total - offer if points else total, has_core, not has_core, points)  # points see what an offer leaves
