"""The customer's pages. A link identifies and never signs in; opening one changes nothing."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.selectors import OFFER_LINK, UNSUBSCRIBE_LINK, target_of_link
from portal.services import unsubscribe_email
from servicepro.lib.money import format_minor
from tenants.selectors import business_settings, current_tenant


def _private(response: HttpResponse) -> HttpResponse:
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


@require_safe
@never_cache
def offer(request: HttpRequest, token: str) -> HttpResponse:
    """Show the offer a text promised, with its limits, and how to book."""
    target = target_of_link(OFFER_LINK, token)
    chosen, tenant = business_settings(), current_tenant()
    points = target.campaign.points if target else 0
    context = {
        "business": tenant.name,
        "points": points,
        "worth": format_minor(points * chosen.point_value_minor, tenant.currency),
        "minimum": format_minor(chosen.points_minimum_total_minor, tenant.currency),
        "reply_to": chosen.reply_to_email,
        "address": chosen.postal_address,
    }
    return _private(render(request, "portal/offer.html" if target else "portal/offer_unknown.html", context))


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask on GET, unsubscribe on POST (also the one-click POST of mail programs: no cookie, no sign-in, no redirect)."""
    target = target_of_link(UNSUBSCRIBE_LINK, token)
    is_done = request.method == "POST"
    if is_done and target:
        unsubscribe_email(target_id=target.pk, email=target.email)
    return _private(render(request, "portal/unsubscribe.html", {"business": current_tenant().name, "is_done": is_done}))
