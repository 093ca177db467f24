"""What a link in a message lets its reader change without signing in: whether we may write, and nothing else.

The page shows no name and no address, for a message is forwarded easily. The token in the address cannot be guessed, so it does what a
form's own token would, also in the browsers inside mail programs that keep no cookies.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from campaigns.selectors import PREFERENCES_LINK, UNSUBSCRIBE_LINK, target_of_link
from customers.selectors import Customer
from portal.preferences import EVERYTHING_OFF, TITLES, preferences_of, wording
from portal.selectors import person_of_link
from portal.services import choose_by_link, leave_alone_by_link, unsubscribe_email
from portal.views.pages import private
from servicepro.lib.signing import sign_number
from servicepro.lib.tenancy import connection
from tenants.selectors import business_settings, current_tenant

DONE = {"saved": "Your choice is saved. It counts from now on.", "all": "We will send you no more offers, on any channel."}


@csrf_exempt
@private
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """Show what somebody gets from us, and change one channel or all of them; the link works for ever and never signs in."""
    target = target_of_link(PREFERENCES_LINK, token)
    person = person_of_link(target)
    if target is None or person is None:
        return _unknown(request)
    if request.method == "POST":
        done = _change(person, target.pk, request.POST.get("channel", ""), request.POST.get("wanted", ""))
        return _guarded(HttpResponseRedirect(f"{request.path}?done={done}" if done else request.path, status=303))
    found = preferences_of(person)
    context: dict[str, Any] = {
        "preferences": found,
        "is_anything_on": any(each.is_on for each in found),
        "everything_off": EVERYTHING_OFF.format(business=current_tenant().name),
        "note": DONE.get(request.GET.get("done", ""), ""),
        "reply_to": business_settings().reply_to_email,
    }
    return _page(request, "portal/preferences.html", **context)


def _change(person: Customer, target_id: int, channel: str, wanted: str) -> str:
    """Record a wish and return which note answers it, empty for one nobody can have."""
    is_wanted = wanted == "yes"
    if channel == "all" and wanted == "no":
        leave_alone_by_link(person, target_id=target_id, wording=EVERYTHING_OFF.format(business=current_tenant().name))
        return "all"
    if channel not in TITLES or wanted not in ("yes", "no"):
        return ""
    choose_by_link(person, target_id=target_id, channel=channel, is_wanted=is_wanted, wording=wording(channel, is_wanted=is_wanted))
    return "saved"


@csrf_exempt
@private
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask on GET, unsubscribe on POST (also the one-click POST of mail programs: no cookie, no sign-in, no redirect)."""
    target = target_of_link(UNSUBSCRIBE_LINK, token)
    if target is None:
        return _unknown(request)
    is_done = request.method == "POST"
    if is_done:
        unsubscribe_email(target_id=target.pk, email=target.email)
    context: dict[str, Any] = {"is_done": is_done}
    if person_of_link(target):
        context["preferences_path"] = f"/p/{sign_number(PREFERENCES_LINK, connection.schema_name, target.pk)}"
    return _page(request, "portal/unsubscribe.html", **context)


def _unknown(request: HttpRequest) -> HttpResponse:
    return _page(request, "portal/preferences_unknown.html", status=404, reply_to=business_settings().reply_to_email)


def _page(request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """Render without asking who is signed in: the page is the same for whoever opens the link."""
    return _guarded(render(request, template, {"business": current_tenant().name, **context}, status=status))


def _guarded(response: HttpResponse) -> HttpResponse:
    response["Referrer-Policy"] = "no-referrer"
    return response
