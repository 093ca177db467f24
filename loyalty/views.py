"""The pages about points in the admin: what they add up to, and one customer's points with a way to set them right."""

import re
import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from customers.services import customer_named, record_access
from loyalty import exports, selectors, services
from loyalty.chart import draw
from loyalty.errors import BadAdjustment, BeyondDailyLimit
from loyalty.insights.report import ORIGINS, Insights, loyalty_insights
from servicepro.lib.admin_pages import View, admin_page, get_or_404, guarded
from servicepro.lib.errors import ServiceProError
from servicepro.lib.money import format_minor
from servicepro.lib.paging import page_number
from servicepro.lib.phone import mask_phone
from tenants.selectors import signed_in_user

MAY_LOOK, MAY_ADJUST = "loyalty.view_pointstransaction", "loyalty.add_pointstransaction"
PAGE_ROWS, KEY_CHARACTERS_MAX = 20, 64
_WHOLE = re.compile(r"[+-]?\d{1,9}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WRITERS: dict[str, tuple[Callable[[Insights], bytes], str]] = {
    "csv": (exports.as_csv, "text/csv; charset=utf-8"),
    "xlsx": (exports.as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


def points_access(view: View) -> View:
    """Let pass who may look at points (owners and managers); send strangers to the sign-in page, and tell others whose page it is."""
    return guarded(view, lambda request: request.user.has_perm(MAY_LOOK), refusal="loyalty/not_for_staff.html")


def _day_asked_for(text: str) -> date | None:
    """Return the day an address names; None for what is none, which means now."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) and text >= "1970-01-02" else None
    except ValueError:
        return None


@require_GET
def insights(request: HttpRequest) -> HttpResponse:
    """Show what the points add up to now, or at the end of the day that is asked for; recorded, as it names people."""
    found = loyalty_insights(_day_asked_for(request.GET.get("day", "")))
    record_access(actor=signed_in_user(request), action="view", how_many=_named_people(found), subject="loyalty insights")
    rules = selectors.guardrails()
    context: dict[str, Any] = {
        "found": found,
        "outstanding_money": _money(found, found.outstanding),
        "owed": [_owed_row(found, row.age, row.points, row.total) for row in found.owed],
        "owed_total": _owed_row(found, "Total", found.owed_total.points, found.owed_total.total),
        "origins": ORIGINS,
        "chart": draw(found.months),
        "exports": [("csv", "Download CSV"), ("xlsx", "Download Excel workbook")],
        "guardrails": rules,
        "minimum": format_minor(rules.min_cart_total_minor, found.currency),
        "point_value": format_minor(found.point_value_minor, found.currency),
        "may_change_settings": signed_in_user(request).is_owner,
        "waiting": selectors.waiting_adjustments(),
    }
    return admin_page(request, "loyalty/insights.html", "Loyalty insights", **context)


def _named_people(found: Insights) -> int:
    return len({customer.id for customer in found.top} | {row.customer_id for row in found.many_redemptions})


def _money(found: Insights, points: int) -> str:
    return format_minor(points * found.point_value_minor, found.currency)


def _owed_row(found: Insights, age: str, points: tuple[int, ...], total: int) -> dict[str, Any]:
    """Return one line of what is owed: (money, points) for each origin and for all."""
    return {
        "age": age,
        "cells": [(origin, _money(found, count), count) for origin, count in zip(ORIGINS, points, strict=True)],
        "money": _money(found, total),
        "points": total,
    }


@require_POST
def export(request: HttpRequest, file_type: str) -> HttpResponse:
    """Hand the insights out as a file, recorded; nothing in it runs as a formula."""
    found = loyalty_insights(_day_asked_for(request.POST.get("day", "")))
    write, content_type = _WRITERS[file_type]
    record_access(actor=signed_in_user(request), action="export", how_many=_named_people(found), subject="loyalty insights")
    response = HttpResponse(write(found), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="loyalty-{found.day.isoformat()}.{file_type}"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def customer_points(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Show one customer's entries, recorded; with a POST, give or take points by hand, once however often it is sent."""
    customer = get_or_404(customer_named, customer_id=customer_id)
    if request.method != "POST":
        return _customer_page(request, customer)
    try:
        messages.success(request, _adjusted(request, customer))
    except ServiceProError as error:
        return _customer_page(request, customer, problem=error.message, status=error.status)
    return redirect("customer-points", customer.pk)


def _adjusted(request: HttpRequest, customer: Any) -> str:
    """Adjust the points, or ask a second person where that is needed; return what happened. Raises ServiceProError."""
    wish = {
        "customer": customer,
        "points": _whole_number(request.POST.get("points", "")),
        "reason": request.POST.get("reason", "").strip(),
        "actor": signed_in_user(request),
        "idempotency_key": request.POST.get("key", "")[:KEY_CHARACTERS_MAX],
    }
    try:
        done = services.adjust_points(**wish)
    except BeyondDailyLimit:
        services.request_adjustment(**wish)
        return f"{wish['points']:+,} points are more than you may change today. They wait for a second person to approve them."
    return f"{done.points:+,} points. The balance is now {done.balance:,}."


def _whole_number(text: str) -> int:
    """Return the number somebody typed. Raises BadAdjustment."""
    if not _WHOLE.fullmatch(text.strip()):
        raise BadAdjustment("Say how many points as a whole number: 50 gives fifty, -50 takes fifty.")
    return int(text)


def _customer_page(request: HttpRequest, customer: Any, *, problem: str = "", status: int = 200) -> HttpResponse:
    record_access(actor=signed_in_user(request), action="view", customer=customer, subject="points")
    summary = selectors.points_summary(customer.pk)
    context = {
        "customer": customer,
        "masked": mask_phone(customer.phone) if customer.phone else "",
        "summary": summary,
        "value": format_minor(summary.value_minor, summary.currency),
        "history": selectors.points_history(customer.pk, page_number(request.GET.get("page", "")), PAGE_ROWS),
        "waiting": selectors.waiting_adjustments(customer.pk),
        "may_adjust": request.user.has_perm(MAY_ADJUST),
        "problem": problem,
        "typed": request.POST if problem else {},
        "key": (problem and request.POST.get("key")) or uuid.uuid4().hex,
    }
    return admin_page(request, "loyalty/customer_points.html", f"Points of {customer}", status_code=status, **context)
