"""How pages say numbers of points."""

import datetime
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from servicepro.lib.clock import moment_in_words
from tenants.selectors import current_tenant

register = template.Library()


@register.filter
def grouped(points: int) -> str:
    """Say a number with its thousands apart: 12,500."""
    return f"{points:,}"


@register.filter
def signed(points: int) -> str:
    """Say a number with its sign: +500, -120."""
    return f"{points:+,}"


@register.filter
def moment(instant: datetime.datetime) -> str:
    """Say an instant on the business's own clock, as people of its country do."""
    business = current_tenant()
    today = timezone.now().astimezone(ZoneInfo(business.time_zone)).date()
    return moment_in_words(instant, business.time_zone, business.region, today=today)


@register.filter
def cells(numbers: Iterable[int]) -> SafeString:
    """Return numbers as the cells of a table's row: one piece, since a page has many."""
    return format_html_join("", "<td>{}</td>", ((f"{number:,}",) for number in numbers))
