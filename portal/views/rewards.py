"""My rewards: what there is, what it is worth, where it came from."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from loyalty.selectors import points_history, points_summary
from portal.selectors import signed_in_customer
from portal.services import signed_in
from portal.views.pages import private, show
from portal.wording import points_rules, points_sentence
from servicepro.lib.money import short_minor

PAGE_DIGITS_MAX = 6


@private
@require_safe
@signed_in
def rewards(request: HttpRequest) -> HttpResponse:
    """Show the balance, how points work, and the entries page by page."""
    customer, number = signed_in_customer(request), request.GET.get("page", "")
    assert customer is not None, "only behind signed_in"
    page = int(number) if number.isascii() and number.isdecimal() and len(number) <= PAGE_DIGITS_MAX else 1
    summary = points_summary(customer.pk)
    return show(
        request,
        "portal/rewards.html",
        here="rewards",
        balance=summary.balance,
        sentence=points_sentence(summary.balance, summary.value_minor, summary.currency),
        value=short_minor(summary.value_minor, summary.currency),
        rules=points_rules(),
        history=points_history(customer.pk, page),
    )
