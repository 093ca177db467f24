"""Questions about who is at the customer's pages."""

import datetime
import hashlib

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from campaigns.selectors import Target
from customers.selectors import Customer, customer_by_phone
from customers.services import records_of_email
from portal.models import PortalSession, SignInCode
from portal.types import Address, Device

IDLE = datetime.timedelta(days=7)
ABSOLUTE = datetime.timedelta(days=30)
FRESH = datetime.timedelta(minutes=15)
_COOKIE, _PENDING = "portal_session", "portal_code"
_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "Mac"), ("Linux", "Linux"))


def cookie_name(*, is_pending: bool = False) -> str:
    """Return the name of the session's cookie, or of the one that binds a code to the browser which asked for it.

    The prefix makes browsers refuse it from other hosts and over plain HTTP, so it is left out where there is no HTTPS.
    """
    name = _PENDING if is_pending else _COOKIE
    return f"__Host-{name}" if settings.SESSION_COOKIE_SECURE else name


def hashed(token: str) -> str:
    """Return how the database knows a token of 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def living_sessions() -> Q:
    """Return the condition of sessions that still open something."""
    now = timezone.now()
    return Q(ended_at=None, created_at__gt=now - ABSOLUTE, last_seen_at__gt=now - IDLE, customer__erased_as=None)


def portal_session(request: HttpRequest) -> PortalSession | None:
    """Return the session a request belongs to in this business; asked once a request."""
    if not hasattr(request, "portal_session"):
        token = request.COOKIES.get(cookie_name(), "")
        request.portal_session = _session_of(token, is_app=False)  # type: ignore[attr-defined]
    session: PortalSession | None = request.portal_session  # type: ignore[attr-defined]
    return session


def app_session(token: str) -> PortalSession | None:
    """Return the session an app's token opens in this business; a browser's own token opens none here."""
    return _session_of(token, is_app=True)


def _session_of(token: str, *, is_app: bool) -> PortalSession | None:
    if not token:
        return None
    known = PortalSession.objects.select_related("customer__same_person_as").filter(living_sessions())
    return known.filter(token_hash=hashed(token), is_app=is_app).first()


def expires_at(session: PortalSession) -> datetime.datetime:
    """Return when a session ends however often it is used."""
    return session.created_at + ABSOLUTE


def signed_in_customer(request: HttpRequest) -> Customer | None:
    """Return the person who is signed in, by their living record, or None."""
    session = portal_session(request)
    return (session.customer.same_person_as or session.customer) if session else None


def has_fresh_code(request: HttpRequest) -> bool:
    """Return whether this browser's code was entered so recently that it may do what needs one."""
    session = portal_session(request)
    return session is not None and session.created_at > timezone.now() - FRESH


def devices_of(customer: Customer, request: HttpRequest) -> list[Device]:
    """Return where somebody is signed in, the latest first."""
    own = Q(customer=customer) | Q(customer__same_person_as=customer)
    current = portal_session(request)
    return [
        Device(_name(row), row.created_at, row.last_seen_at, current is not None and row.pk == current.pk)
        for row in PortalSession.objects.filter(own, living_sessions()).order_by("-last_seen_at", "-pk")
    ]


def _name(session: PortalSession) -> str:
    user_agent = session.user_agent
    if session.is_app:
        system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
        return f"The app on {system}" if system else "The app"
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "A browser")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return f"{browser} on {system}" if system else browser


def record_at(address: Address) -> tuple[Customer | None, bool]:
    """Return the record that signs in with an address, and whether the address is that of several people, who cannot use it."""
    if address.channel == SignInCode.Channel.SMS:
        return customer_by_phone(address.value), False
    records = records_of_email(address.value)
    people = {record.same_person_as_id or record.pk for record in records}
    return (records[0], False) if len(people) == 1 else (None, len(people) > 1)


def pending_code(request: HttpRequest, purpose: str) -> SignInCode | None:
    """Return the code this browser asked for, used up or not."""
    token = request.COOKIES.get(cookie_name(is_pending=True), "")
    return SignInCode.objects.select_related("customer").filter(browser_hash=hashed(token), purpose=purpose).first() if token else None


def person_of_link(target: Target | None) -> Customer | None:
    """Return the living record of whoever a campaign's message went to, None where the person is unknown or was erased."""
    record = target.customer if target else None
    person = (record.same_person_as or record) if record else None
    return None if person is None or person.erased_as else person
