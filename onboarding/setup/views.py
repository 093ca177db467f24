"""The pages of the wizard: the whole way, and each step. They show and link; nothing is typed here."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from onboarding.setup.status import setup_steps
from onboarding.setup.steps import first_open
from onboarding.setup.types import Step
from servicepro.lib.admin_pages import admin_page

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
    steps = setup_steps()
    at = next(number for number, step in enumerate(steps) if step.key == key)
    context: dict[str, Any] = {
        "rows": _rows(steps, key),
        "step": steps[at],
        "previous": address_of(steps[at - 1]) if at else "",
        "following": address_of(steps[at + 1]) if at + 1 < len(steps) else "",
    }
    return admin_page(request, "onboarding/setup_step.html", TITLE, **context)
