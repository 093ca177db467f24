"""The owner's page of what points may be used for: typed, looked at, then kept."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from loyalty import services
from loyalty.forms import GuardrailsForm, typed_from
from loyalty.selectors import points_outstanding
from loyalty.types import BackTest, Guardrails
from loyalty.wording import points_in_words
from servicepro.lib.admin_pages import admin_page
from servicepro.lib.money import format_minor
from tenants.selectors import business_settings, signed_in_user

EXAMPLE_POINTS = 500


@dataclass(frozen=True, slots=True)
class _Preview:
    """What new settings would mean: sentences, rows of (what, now, then), and what must come back for them to be kept."""

    example: str
    rows: tuple[tuple[str, str, str], ...]
    sentences: tuple[str, ...]
    seen: str
    has_changes: bool


@require_http_methods(["GET", "HEAD", "POST"])
def loyalty_settings(request: HttpRequest) -> HttpResponse:
    """Show the settings; with a POST show what others would mean, and keep them once that was seen."""
    decided = services.guardrails()
    if "digest" in request.POST:
        return _choose_digest(request, is_wanted=request.POST["digest"] == "on")
    if request.method != "POST":
        return _page(request, decided, GuardrailsForm(typed_from(decided), currency=decided.currency))
    form = GuardrailsForm(request.POST, currency=decided.currency)
    if not form.is_valid():
        return _page(request, decided, form, status=400)
    preview = _preview(decided, form.guardrails)
    if request.POST.get("seen") != preview.seen:
        return _page(request, decided, form, preview=preview)
    if services.change_guardrails(form.guardrails, actor=signed_in_user(request)):
        messages.success(request, f"Saved. From now on: {points_in_words(EXAMPLE_POINTS, services.guardrails())}.")
    return redirect("loyalty-settings")


def _choose_digest(request: HttpRequest, *, is_wanted: bool) -> HttpResponse:
    services.choose_weekly_digest(is_wanted=is_wanted, actor=signed_in_user(request))
    messages.success(request, "Saved. Owners get the email on Monday mornings." if is_wanted else "Saved. The weekly email is off.")
    return redirect("loyalty-settings")


def _page(
    request: HttpRequest, decided: Guardrails, form: GuardrailsForm, *, preview: _Preview | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "now": points_in_words(EXAMPLE_POINTS, decided),
        "preview": preview,
        "has_digest": business_settings().loyalty_weekly_digest,
        "days": services.BACK_TEST_DAYS,
        "problems": [(name, error) for name, errors in form.errors.items() for error in errors] if status != 200 else [],
    }
    return admin_page(request, "loyalty/settings.html", "Loyalty settings", status_code=status, **context)


def _preview(old: Guardrails, new: Guardrails) -> _Preview:
    found = services.back_test_guardrails(new)
    outstanding = points_outstanding()
    owed = ("All points customers have", _worth(outstanding, old), _worth(outstanding, new))
    return _Preview(
        example=points_in_words(EXAMPLE_POINTS, new),
        rows=(owed, *_together(old, new), *_rows(found, old, new)),
        sentences=_sentences(found),
        seen=_fingerprint(old, new),
        has_changes=old != new,
    )


def _together(old: Guardrails, new: Guardrails) -> tuple[tuple[str, str, str], ...]:
    if old.may_stack == new.may_stack:
        return ()
    said = {False: "no", True: "yes"}
    return (("A welcome offer and points on one booking", said[old.may_stack], said[new.may_stack]),)


def _rows(found: BackTest, old: Guardrails, new: Guardrails) -> tuple[tuple[str, str, str], ...]:
    if not found.carts:
        return ()
    before, after = found.old, found.new
    return (
        ("Bookings points could be used on", f"{before.open_to_points:,}", f"{after.open_to_points:,}"),
        ("Bookings with points: allowed", f"{before.allowed:,}", f"{after.allowed:,}"),
        ("Bookings with points: blocked", f"{before.blocked:,}", f"{after.blocked:,}"),
        ("Taken off bills", format_minor(before.discount_minor, old.currency), format_minor(after.discount_minor, new.currency)),
    )


def _sentences(found: BackTest) -> tuple[str, ...]:
    if not found.carts:
        return ("Nothing was booked in that time, so there is nothing to compare with.",)
    return (
        f"{found.carts:,} bookings, {found.with_points:,} of them with points.",
        f"{found.newly_blocked:,} that used points would have been blocked, {found.newly_allowed:,} would have been allowed anew.",
    )


def _worth(points: int, decided: Guardrails) -> str:
    return f"{points:,} points, {format_minor(points * decided.point_value_minor, decided.currency)}"


def _fingerprint(old: Guardrails, new: Guardrails) -> str:
    """Return what changes into what: settings that somebody else changed meanwhile are looked at again."""
    return repr([_facts(old), _facts(new)])


def _facts(decided: Guardrails) -> list[Any]:
    return [decided.min_cart_total_minor, decided.require_core_service, decided.point_value_minor, decided.message, decided.may_stack]
