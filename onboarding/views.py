"""The page of how people come from a list to a first booking, and the workbook of it; nobody is named on either."""

import re
from datetime import date
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.request import QueryDict
from django.views.decorators.http import require_GET, require_POST

from onboarding.analytics.definitions import (
    CAMPAIGN_DEFINITIONS,
    COUNT,
    MONEY,
    OF_BEFORE,
    OF_IMPORTED,
    OTHERWISE,
    PERCENT,
    STEP_DEFINITIONS,
    metrics,
    say,
)
from onboarding.analytics.drawing import describe_funnel, draw_course, draw_funnel
from onboarding.analytics.report import DAY, MONTH, WEEK, Analytics, CampaignLine, Period, campaign_comparison, onboarding_analytics
from onboarding.analytics.workbook import write_workbook
from servicepro.lib.admin_pages import View, admin_page, guarded
from tenants.selectors import signed_in_user
from tenants.services import record_action

MAY_LOOK = "campaigns.view_campaign"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
UNITS = (("", "what fits"), (DAY, "day"), (WEEK, "week"), (MONTH, "month"))
EARLIEST = date(2000, 1, 1)
_DAY_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def analytics_access(view: View) -> View:
    """Let pass who may look at campaigns (owners and managers); send strangers to the sign-in page, and tell others whose page it is."""
    return guarded(view, lambda request: request.user.has_perm(MAY_LOOK), refusal="onboarding/not_for_staff.html")  # type: ignore[union-attr]


def _period(asked: QueryDict) -> Period:
    """Return the days somebody asked for; what is no day is no end, and days the wrong way round are turned."""
    first, last = _day(asked.get("first", "")), _day(asked.get("last", ""))
    if first and last and first > last:
        first, last = last, first
    return Period(first, last, asked.get("unit", ""))


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if _DAY_WRITTEN.fullmatch(text) else None
    except ValueError:
        return None
    return day if day and EARLIEST <= day < date.max else None


@require_GET
def analytics(request: HttpRequest) -> HttpResponse:
    """Show figures, the funnel, its course and the campaigns, of everybody or of those who came with lists on some days."""
    period = _period(request.GET)
    found = onboarding_analytics(period)
    funnel = found.funnel
    context: dict[str, Any] = {
        "period": period,
        "units": UNITS,
        "found": found,
        "metrics": metrics(found),
        "stages": [
            (stage, STEP_DEFINITIONS[stage.name], say(stage.of_before, PERCENT), say(stage.of_imported, PERCENT)) for stage in funnel
        ],
        "column_meanings": {"before": OF_BEFORE, "imported": OF_IMPORTED, "otherwise": OTHERWISE},
        "funnel": draw_funnel(funnel),
        "funnel_in_words": describe_funnel(funnel),
        "course": draw_course(found.buckets),
        "campaign_columns": CAMPAIGN_DEFINITIONS,
        "campaigns": [(line, _cells(line, found)) for line in campaign_comparison(period)],
        "may_import": signed_in_user(request).is_owner,
    }
    return admin_page(request, "onboarding/analytics.html", "Onboarding analytics", **context)


def _cells(line: CampaignLine, found: Analytics) -> list[str]:
    """Return a campaign's figures as they read, in the order of their definitions."""
    shown = (
        *((line.people, COUNT), (line.sent, COUNT), (line.delivered, COUNT), (line.delivery_rate, PERCENT), (line.read, COUNT)),
        *((line.failed, COUNT), (line.skipped, COUNT), (line.registered, COUNT), (line.conversion_rate, PERCENT), (line.booked, COUNT)),
        *((line.offers_redeemed, COUNT), (line.discount_minor, MONEY)),
    )
    return [say(value, kind, found.currency) for value, kind in shown]


@require_POST
def export(request: HttpRequest) -> FileResponse:
    """Hand the same numbers out as a workbook, in pieces; recorded, and nothing in it runs as a formula."""
    period = _period(request.POST)
    found, campaigns = onboarding_analytics(period), campaign_comparison(period)
    days = {name: day.isoformat() for name, day in (("first", period.first), ("last", period.last)) if day}
    numbers = {"people": found.total_imported, "campaigns": len(campaigns)}
    record_action(signed_in_user(request), "onboarding_analytics_exported", "business:1", **numbers, **days)
    name = f"onboarding-{found.today.isoformat()}.xlsx"
    return FileResponse(write_workbook(period, found, campaigns), as_attachment=True, filename=name, content_type=WORKBOOK)
