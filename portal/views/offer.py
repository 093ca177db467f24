"""The pages behind the links in a campaign's messages. A link identifies and never signs in; opening one changes nothing."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.selectors import OFFER_LINK, UNSUBSCRIBE_LINK, target_of_link
from portal.services import unsubscribe_email
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


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask on GET, unsubscribe on POST (also the one-click POST of mail programs: no cookie, no sign-in, no redirect)."""
    target = target_of_link(UNSUBSCRIBE_LINK, token)
    is_done = request.method == "POST"
    if is_done and target:
        unsubscribe_email(target_id=target.pk, email=target.email)
    response = render(request, "portal/unsubscribe.html", {"business": current_tenant().name, "is_done": is_done})
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
