"""The owner's page of points by hand that wait for a second person."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from customers.services import record_access
from loyalty import selectors, services
from servicepro.lib.admin_pages import admin_page
from servicepro.lib.errors import ServiceProError
from tenants.selectors import signed_in_user


@require_safe
def approvals(request: HttpRequest) -> HttpResponse:
    """Show what waits, recorded, as it names people."""
    return _page(request)


@require_POST
def decide(request: HttpRequest, request_id: int) -> HttpResponse:
    """Approve one or refuse it, and say what that did."""
    actor = signed_in_user(request)
    try:
        if request.POST.get("decision") == "approve":
            done = services.approve_adjustment(request_id, actor=actor)
            messages.success(request, f"Approved: {done.points:+,} points. The balance is now {done.balance:,}.")
        else:
            services.refuse_adjustment(request_id, actor=actor)
            messages.success(request, "Refused. No points were changed.")
    except ServiceProError as error:
        return _page(request, problem=error.message, status=error.status)
    return redirect("points-approvals")


def _page(request: HttpRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    actor, waiting = signed_in_user(request), selectors.waiting_adjustments()
    record_access(actor=actor, action="view", how_many=len(waiting), subject="points waiting for approval")
    return admin_page(
        request,
        "loyalty/approvals.html",
        "Points waiting for approval",
        status_code=status,
        waiting=[(wish, wish.asked_by_id == actor.pk) for wish in waiting],
        problem=problem,
    )
