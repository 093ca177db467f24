"""The pages of the wizard: the whole way, and each step. They show and link; nothing is typed here.

One thing is done here because the page of numbers knows no registrations: a number is put into the registration by its owner's word.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from a2p.errors import NeedsConfirmation
from a2p.services import attach_number
from onboarding.setup.status import setup_steps
from onboarding.setup.steps import first_open
from onboarding.setup.types import Step
from servicepro.lib.admin_pages import admin_page
from servicepro.lib.errors import ServiceProError
from tenants.selectors import signed_in_user

TITLE = "Setup wizard"


def address_of(step: Step) -> str:
    """Return the address of a step's page."""
    return reverse(f"setup-wizard-{step.key}")


def _rows(steps: tuple[Step, ...], here: str = "") -> list[dict[str, Any]]:
    return [{"step": step, "url": address_of(step), "is_here": step.key == here} for step in steps]


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show every step with what it lacks, and where to go on."""
    steps = setup_steps()
    upcoming = first_open(steps)
    context: dict[str, Any] = {
        "rows": _rows(steps),
        "done": sum(step.is_complete for step in steps),
        "upcoming": upcoming,
        "upcoming_url": address_of(upcoming) if upcoming else "",
    }
    return admin_page(request, "onboarding/setup.html", TITLE, **context)


@require_safe
def one_step(request: HttpRequest, *, key: str) -> HttpResponse:
    """Show a step's cards; going on is always possible."""
    return _step_page(request, key)


@require_POST
def attach(request: HttpRequest) -> HttpResponse:
    """Put a number into the registration's messaging service; one that something else uses today is moved only once the owner agreed."""
    phone = request.POST.get("phone", "")
    try:
        is_new = attach_number(phone, actor=signed_in_user(request), confirmed="confirmed" in request.POST)
    except NeedsConfirmation as question:
        return _step_page(request, "phone", status_code=question.status, question=question.message, asked_of=phone)
    except ServiceProError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{phone} is in your registration now." if is_new else f"{phone} was in your registration already.")
    return redirect("setup-wizard-phone")


def _step_page(request: HttpRequest, key: str, *, status_code: int = 200, **more: Any) -> HttpResponse:
    steps = setup_steps()
    at = next(number for number, step in enumerate(steps) if step.key == key)
    context: dict[str, Any] = {
        "rows": _rows(steps, key),
        "step": steps[at],
        "previous": address_of(steps[at - 1]) if at else "",
        "following": address_of(steps[at + 1]) if at + 1 < len(steps) else "",
    }
    return admin_page(request, "onboarding/setup_step.html", TITLE, status_code=status_code, **context, **more)
