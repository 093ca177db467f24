"""The page behind the link in a campaign's text. A link identifies and never signs in; opening one changes nothing."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from campaigns.selectors import OFFER_LINK, target_of_link
from portal.views.pages import private, show
from portal.wording import points_rules
from servicepro.lib.money import short_minor
from tenants.selectors import business_settings, current_tenant


@private
@require_safe
def offer(request: HttpRequest, token: str) -> HttpResponse:
    """Show the offer a text promised, with its limits, and the way to book and to sign in."""
    target = target_of_link(OFFER_LINK, token)
    chosen, tenant = business_settings(), current_tenant()
    points = target.campaign.points if target else 0
    context: dict[str, Any] = {
        "points": points,
        "worth": short_minor(points * chosen.point_value_minor, tenant.currency),
        "rules": points_rules(),
        "token": token,
        "reply_to": chosen.reply_to_email,
        "address": chosen.postal_address,
    }
    response = show(request, "portal/offer.html" if target else "portal/offer_unknown.html", **context)
    response["Referrer-Policy"] = "no-referrer"
    return response
