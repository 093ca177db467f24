"""What somebody has chosen so far, as it travels from page to page in the address and the form; nothing of it is trusted."""

import datetime
import json
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase

from bookings.types import Cart, Contact
from customers.selectors import Customer
from portal.services.sessions import set_cookie
from servicepro.lib.crypto import DecryptionError, decrypt_text, encrypt_text
from servicepro.lib.tenancy import connection

MOST, BY_POINTS, BY_NOTHING, NO_OFFER = "max", "points", "none", "0"
ID_DIGITS_MAX, POINTS_DIGITS_MAX, SERVICES_READ_MAX = 9, 9, 40
NAME_CHARACTERS_MAX, PHONE_CHARACTERS_MAX, EMAIL_CHARACTERS_MAX, NOTE_CHARACTERS_MAX = 120, 40, 254, 300  # a draft fits a cookie
_INSTANT = "%Y-%m-%dT%H:%MZ"
_YEARS = range(2000, 2200)  # what every clock and every column can hold
_NO_NUMBER = -1
_DRAFT, DRAFT_SECONDS = "booking_draft", 30 * 60


@dataclass(frozen=True, slots=True)
class Choice:
    """Where, what, when, with which welcome offer and how many points; None and empty where nothing is chosen.

    `points` is as typed or "max"; an `offer_id` of 0 says that none is wanted.
    """

    place_id: int | None = None
    service_ids: tuple[int, ...] = ()
    day: datetime.date | None = None
    starts_at: datetime.datetime | None = None
    points: str = ""
    offer_id: int | None = None

    @property
    def requested_points(self) -> int | None:
        """Return how many points are wished for: 0 none, None as many as possible; what is no number is none that can be used."""
        if self.points in ("", MOST):
            return 0 if not self.points else None
        return _whole(self.points, POINTS_DIGITS_MAX) or _NO_NUMBER

    @property
    def time_key(self) -> str:
        """Return the time as it stands in addresses."""
        return instant_key(self.starts_at) if self.starts_at else ""

    def cart(self, *, total_minor: int | None = None, due_minor: int | None = None) -> Cart:
        """Return the cart, with what it was said to cost."""
        return Cart(self.place_id or 0, self.service_ids, total_minor, due_minor, self.offer_id or None)

    def fields(self) -> list[tuple[str, str]]:
        """Return the names and values by which pages hand the choice on."""
        chosen = [("place", str(self.place_id))] if self.place_id else []
        chosen += [("s", str(service_id)) for service_id in self.service_ids]
        chosen += [("day", self.day.isoformat())] if self.day else []
        chosen += [("t", self.time_key)] if self.starts_at else []
        if self.points:
            chosen += [("use", "1"), ("points", "" if self.points == MOST else self.points)]
        chosen += [("offer", str(self.offer_id))] if self.offer_id is not None else []
        return chosen

    def path(self, page: str, **changes: object) -> str:
        """Return the address of a page of the booking with this choice, some of it changed."""
        query = urlencode(replace(self, **changes).fields())  # type: ignore[arg-type]
        return f"{page}?{query}" if query else page


def instant_key(instant: datetime.datetime) -> str:
    """Return an instant as it stands in addresses."""
    return instant.astimezone(datetime.UTC).strftime(_INSTANT)


def read_choice(given: QueryDict) -> Choice:
    """Return the choice that an address or a form holds; what cannot be read counts as not chosen."""
    ids = [_whole(text, ID_DIGITS_MAX) for text in given.getlist("s")[:SERVICES_READ_MAX]]
    points = given.get("points", "").strip()[:40]
    uses_points, offer = given.get("use") == "1", given.get("offer", "")
    if way := given.get("with", ""):  # one of several, where they exclude each other
        uses_points, offer = way == BY_POINTS, NO_OFFER if way in (BY_POINTS, BY_NOTHING) else way
    return Choice(
        place_id=_whole(given.get("place", ""), ID_DIGITS_MAX),
        service_ids=tuple(dict.fromkeys(number for number in ids if number)),
        day=_day(given.get("day", "")),
        starts_at=read_instant(given.get("t", "")),
        points=(points or MOST) if uses_points else "",
        offer_id=0 if offer == NO_OFFER else _whole(offer, ID_DIGITS_MAX),
    )


def read_instant(text: str) -> datetime.datetime | None:
    """Return the instant that stands in an address, None for anything else."""
    try:
        instant = datetime.datetime.strptime(text[:20], _INSTANT).replace(tzinfo=datetime.UTC)
    except ValueError:
        return None
    return instant if instant.year in _YEARS else None


def read_amount(text: str) -> int | None:
    """Return a whole number of 0 or more, None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= POINTS_DIGITS_MAX else None


def _day(text: str) -> datetime.date | None:
    try:
        day = datetime.date.fromisoformat(text[:10])
    except ValueError:
        return None
    return day if day.year in _YEARS else None


def _whole(text: str, digits: int) -> int | None:
    return (int(text) or None) if text.isascii() and text.isdecimal() and len(text) <= digits else None


def read_contact(given: QueryDict) -> Contact:
    """Return what somebody typed about themselves."""
    return Contact(
        name=given.get("name", "").strip()[:NAME_CHARACTERS_MAX],
        phone=given.get("phone", "").strip()[:PHONE_CHARACTERS_MAX],
        email=given.get("email", "").strip()[:EMAIL_CHARACTERS_MAX],
        note=given.get("note", "").strip()[:NOTE_CHARACTERS_MAX],
    )


def prefilled(draft: Contact | None, customer: Customer | None) -> Contact:
    """Return what stands in the form at first: what was typed before, and the name and email of who is signed in where nothing was.

    Their phone is known, so it is not repeated.
    """
    typed = draft or Contact("")
    return replace(typed, name=typed.name or customer.name or "", email=typed.email or customer.email or "") if customer else typed


def completed(contact: Contact, customer: Customer | None) -> Contact:
    """Return the contact with the phone of who is signed in, where no other one was typed."""
    return replace(contact, phone=contact.phone or customer.phone or "") if customer else contact


def keep_draft(response: HttpResponseBase, contact: Contact) -> None:
    """Have the browser keep what was typed while its owner is on another page, unreadable to everybody else."""
    text = json.dumps([contact.name, contact.phone, contact.email, contact.note], ensure_ascii=False)
    set_cookie(response, _DRAFT, encrypt_text(connection.schema_name, text), DRAFT_SECONDS)


def read_draft(request: HttpRequest) -> Contact | None:
    """Return what was typed before, None where nothing was."""
    try:
        name, phone, email, note = json.loads(decrypt_text(connection.schema_name, request.COOKIES[_DRAFT]))
    except (KeyError, ValueError, DecryptionError):
        return None
    return Contact(name, phone, email, note)


def forget_draft(response: HttpResponseBase) -> None:
    """Have the browser forget it."""
    response.delete_cookie(_DRAFT)
