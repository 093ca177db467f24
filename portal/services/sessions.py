"""Sign somebody in and out: a session is a row, and its cookie holds a token that only the browser knows."""

import datetime
import secrets

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.csrf import rotate_token
from django.utils import timezone

from customers.selectors import Customer
from portal.models import PortalSession
from portal.selectors import ABSOLUTE, cookie_name, hashed, portal_session

USER_AGENT_CHARACTERS_MAX = 160
SEEN_EVERY = datetime.timedelta(hours=1)  # how exactly the last visit is known; each request would be a write


def open_session(request: HttpRequest, response: HttpResponseBase, customer: Customer) -> PortalSession:
    """Sign somebody in on this browser, always under a new token; a session it had before ends."""
    with transaction.atomic():
        end_session(request)
        session, token = _opened(request, customer, is_app=False)
    set_cookie(response, cookie_name(), token, int(ABSOLUTE.total_seconds()))
    response.delete_cookie(cookie_name(is_pending=True))
    rotate_token(request)
    request.portal_session = session  # type: ignore[attr-defined]
    return session


def open_app_session(request: HttpRequest, customer: Customer) -> tuple[PortalSession, str]:
    """Sign somebody in on the app that asks, and return the session with the token only the app shall know."""
    return _opened(request, customer, is_app=True)


def _opened(request: HttpRequest, customer: Customer, *, is_app: bool) -> tuple[PortalSession, str]:
    token, now = secrets.token_urlsafe(32), timezone.now()
    session = PortalSession.objects.create(
        customer=customer,
        token_hash=hashed(token),
        is_app=is_app,
        user_agent=request.headers.get("User-Agent", "").replace("\0", "")[:USER_AGENT_CHARACTERS_MAX],
        created_at=now,
        last_seen_at=now,
    )
    return session, token


def end_app_session(session: PortalSession) -> None:
    """Revoke an app's token."""
    PortalSession.objects.filter(pk=session.pk, ended_at=None).update(ended_at=timezone.now())


def set_cookie(response: HttpResponseBase, name: str, token: str, seconds: int) -> None:
    """Hand the browser a token: for this host alone, out of scripts' reach, not with other sites' requests."""
    response.set_cookie(name, token, max_age=seconds, path="/", secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax")


def end_session(request: HttpRequest) -> None:
    """Sign out on this browser."""
    session = portal_session(request)
    if session:
        PortalSession.objects.filter(pk=session.pk, ended_at=None).update(ended_at=timezone.now())
    request.portal_session = None  # type: ignore[attr-defined]


def end_every_session(customer: Customer) -> int:
    """Sign somebody out on every browser; return how many that were."""
    own = Q(customer=customer) | Q(customer__same_person_as=customer)
    open_ones = PortalSession.objects.filter(own, ended_at=None).values("pk")
    return PortalSession.objects.filter(pk__in=open_ones).update(ended_at=timezone.now())


def note_visit(session: PortalSession) -> None:
    """Keep a session from falling asleep."""
    now = timezone.now()
    if session.last_seen_at < now - SEEN_EVERY:
        PortalSession.objects.filter(pk=session.pk).update(last_seen_at=now)
