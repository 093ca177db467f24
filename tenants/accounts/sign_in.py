"""Slow down who guesses passwords: what the lock on the sign-in page counts, and what it says."""

from collections.abc import Mapping
from typing import Any

from axes.utils import reset
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def typed_email(request: HttpRequest | None, credentials: Mapping[str, Any] | None = None) -> str:
    """Return the address that somebody signs in with, as it is stored: one person is one count however they type it."""
    typed = (credentials or {}).get("username") or (request.POST.get("username") if request is not None else None)
    return str(typed or "").strip().lower()


def locked_out(request: HttpRequest, original: HttpResponse | None = None, credentials: Mapping[str, Any] | None = None) -> HttpResponse:
    """Say how long to wait and whom to ask."""
    seconds = int(settings.AXES_COOLOFF_TIME.total_seconds())
    shown = {"minutes": seconds // 60, "attempts": settings.AXES_FAILURE_LIMIT}
    response = render(request, "tenants/locked_out.html", shown, status=429)
    response["Retry-After"] = str(seconds)
    return response


def unlock(email: str) -> None:
    """Let somebody try again at once, because an owner gave them a new password."""
    reset(username=typed_email(None, {"username": email}))
