"""Book an appointment: the seat, the customer, the offer, the points and the lines in one transaction, or nothing of it."""

import datetime
import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from bookings.errors import BadCart, BadContact, BookingDiffers, OfferNeedsSignIn, PointsNeedSignIn, PriceChanged
from bookings.models import Booking, BookingLine, BookingNotice
from bookings.selectors import booking_by_public_id
from bookings.services.discounts import Discounts, take_discounts
from bookings.services.notices import tell
from bookings.services.quotes import PricedCart, price_cart
from bookings.services.seats import constraint_of, find_seat, hold_place, seat_sold_once
from bookings.services.upcoming import hold_room
from bookings.types import Cart, Contact, QuoteLine, Slot
from customers.errors import BadCustomer, UnknownCustomer
from customers.selectors import Customer
from customers.services import clean_email, no_erasure_meanwhile, register_missing_customers
from customers.types import NewCustomer
from loyalty.selectors import living_record
from servicepro.lib.money import format_minor
from servicepro.lib.phone import Phone, parse_phone
from tenants.selectors import User, current_tenant
from tenants.services import record_action

NAME_CHARACTERS_MAX, NOTE_CHARACTERS_MAX, KEY_CHARACTERS_MAX = 120, 1_000, 64


@dataclass(frozen=True, slots=True)
class _Request:
    """One wish to book, read and checked."""

    cart: Cart
    starts_at: datetime.datetime
    contact: Contact
    customer_id: int | None
    points: int
    key: str
    booked_by: User | None = None

    @property
    def digest(self) -> str:
        """Return what tells this wish from another under the same key."""
        starts_at = self.starts_at.astimezone(datetime.UTC).isoformat() if self.starts_at.tzinfo else ""
        asked = [self.cart.place_id, sorted(set(self.cart.service_ids)), starts_at, self.customer_id, self.points, self.contact.name]
        offer = [] if self.cart.offer_id is None else [self.cart.offer_id]
        return hashlib.sha256(json.dumps([*asked, self.contact.phone, self.contact.email, *offer]).encode()).hexdigest()


def book(
    *,
    cart: Cart,
    starts_at: datetime.datetime,
    contact: Contact,
    customer_id: int | None,
    points_requested: int = 0,
    idempotency_key: str,
) -> Booking:
    """Book an appointment and return it; asked again with the same key and the same wish, return the one that was made.

    Prices, discount and seat are worked out here. `customer_id` is who is signed in; without one the contact is given a record, or
    the one that has the phone or email, and neither points nor an offer can be used. What fails takes no time, no offer, no points and
    no money. Raises BadCart, BadContact, UnknownPlace, ServiceWithdrawn, PriceChanged, ClosedThen, SlotTaken, TooManyUpcoming,
    BookingDiffers, PointsNeedSignIn, OfferNeedsSignIn, UnknownCustomer and loyalty's OfferRefused and RedemptionBlocked.
    """
    if cart.offer_id is not None and customer_id is None:
        raise OfferNeedsSignIn("Please sign in to use your welcome offer, or book without it.")
    if points_requested and customer_id is None:
        raise PointsNeedSignIn("Please sign in to use your points, or book without them.")
    return _booked_once(_Request(cart, starts_at, _clean_contact(contact), customer_id, points_requested, idempotency_key))


def book_by_hand(*, cart: Cart, starts_at: datetime.datetime, contact: Contact, actor: User, idempotency_key: str) -> Booking:
    """Book for a customer who called and return it, audited; the same act as `book`, with the same answers to the same key.

    Points and offers are left out: they are used by who proves to own them. People who work here may book at the last minute, a year
    ahead, and for somebody who has many appointments to come. Raises what `book` raises, except for these.
    """
    return _booked_once(_Request(cart, starts_at, _clean_contact(contact), None, 0, idempotency_key, actor))


def _booked_once(wish: _Request) -> Booking:
    if not 0 < len(wish.key) <= KEY_CHARACTERS_MAX:
        raise BadCart("The request has no key of its own. Please load the page again.")
    known = _booked_already(wish)
    if known is not None:
        return known
    try:
        with seat_sold_once(), transaction.atomic():
            booking = _book(wish)
    except IntegrityError as error:
        known = _booked_already(wish) if "idempotency_key" in constraint_of(error) else None
        if known is None:
            raise
        return known
    return booking_by_public_id(booking.public_id)


def _booked_already(wish: _Request) -> Booking | None:
    known = Booking.objects.filter(idempotency_key=wish.key).first()
    if known is None:
        return None
    if known.request_digest != wish.digest:
        raise BookingDiffers("This page was used to book already. Please open it anew to book something else.")
    return booking_by_public_id(known.public_id)


def _book(wish: _Request) -> Booking:
    no_erasure_meanwhile()
    place = hold_place(wish.cart.place_id)
    known = _booked_already(wish)  # whoever clicked twice stood in line behind themselves
    if known is not None:
        return known
    priced = price_cart(wish.cart, place)
    _same_as_shown(wish.cart.quoted_total_minor, priced.total_minor)
    seat, slot = find_seat(place, wish.starts_at, priced.duration_minutes, is_staff=wish.booked_by is not None)
    customer_id, public_id = _customer(wish), uuid.uuid4()
    if wish.booked_by is None:
        hold_room(customer_id=living_record(customer_id)[0], contact=wish.contact, is_guest=wish.customer_id is None)
    used = take_discounts(priced, customer_id=customer_id, offer_id=wish.cart.offer_id, points=wish.points, public_id=public_id)
    _same_as_shown(wish.cart.quoted_due_minor, priced.total_minor - used.minor)
    booking = _write(wish, priced, (seat, slot), customer_id=customer_id, used=used, public_id=public_id)
    if wish.booked_by is not None:
        facts = {"place": place.pk, "services": sorted(line.service_id for line in priced.lines)}
        record_action(wish.booked_by, "booking_made", f"booking:{booking.pk}", starts_at=slot.starts_at.isoformat(), **facts)
    tell(booking, BookingNotice.What.CONFIRMED)
    return booking


def _same_as_shown(shown_minor: int | None, real_minor: int) -> None:
    if shown_minor is not None and shown_minor != real_minor:
        price = format_minor(real_minor, current_tenant().currency)
        sentence = f"The price has changed to {price} since you saw it. Nothing was booked; please look again."
        raise PriceChanged(sentence, real_minor=real_minor)


def _customer(wish: _Request) -> int:
    if wish.customer_id is None:
        contact = wish.contact
        return register_missing_customers([NewCustomer(contact.name, contact.phone or None, contact.email or None, "booking")])[0]
    customer_id, _balance = living_record(wish.customer_id)
    if not Customer.objects.filter(pk=customer_id, erased_as=None).exists():
        raise UnknownCustomer("There is no such customer in this business.")
    return customer_id


def _write(
    wish: _Request, priced: PricedCart, seated: tuple[int, Slot], *, customer_id: int, used: Discounts, public_id: uuid.UUID
) -> Booking:
    contact, (seat, slot) = wish.contact, seated
    booking = Booking.objects.create(
        public_id=public_id,
        customer_id=customer_id,
        place=priced.place,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        seat=seat,
        contact_name=contact.name,
        contact_phone=contact.phone or None,
        contact_email=contact.email or None,
        currency=current_tenant().currency,
        total_minor=priced.total_minor,
        **used.columns(),
        due_minor=priced.total_minor - used.minor,
        note=contact.note or None,
        idempotency_key=wish.key,
        request_digest=wish.digest,
    )
    write_lines(booking, priced.lines)
    return booking


def write_lines(booking: Booking, lines: Sequence[QuoteLine]) -> None:
    """Write services down as they are booked."""
    BookingLine.objects.bulk_create(
        BookingLine(
            booking=booking,
            service_id=line.service_id,
            name=line.name,
            category=line.category,
            price_minor=line.price_minor,
            duration_minutes=line.duration_minutes,
        )
        for line in lines
    )


def _clean_contact(contact: Contact) -> Contact:
    """Return a contact as it is kept: one line, the phone as E.164. Raises BadContact with a sentence for each field."""
    wrong: dict[str, str] = {}
    name = " ".join(contact.name.replace("\0", " ").split())
    note = contact.note.replace("\0", " ").strip()
    if not name:
        wrong["name"] = "Please tell us your name."
    elif len(name) > NAME_CHARACTERS_MAX:
        wrong["name"] = f"The name is longer than {NAME_CHARACTERS_MAX} characters."
    if len(note) > NOTE_CHARACTERS_MAX:
        wrong["note"] = f"The note is longer than {NOTE_CHARACTERS_MAX:,} characters."
    phone = email = ""
    if contact.phone.strip():
        parsed = parse_phone(contact.phone, current_tenant().region)
        phone = parsed.e164 if isinstance(parsed, Phone) else ""
        if not phone:
            wrong["phone"] = "We cannot read this phone number. Please type it with its area code."
    if contact.email.strip():
        try:
            email = clean_email(contact.email.replace("\0", " "))
        except BadCustomer as error:
            wrong["email"] = error.message
    if not (contact.phone.strip() or contact.email.strip()):
        wrong["phone"] = "Please leave a phone number or an email address, so that we can confirm."
    if wrong:
        raise BadContact(" ".join(wrong.values()), fields=wrong)
    return Contact(name, phone, email, note)
