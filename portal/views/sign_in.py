"""Sign in with a code, and out again."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.selectors import OFFER_LINK, target_of_link
from portal.errors import BadAddress, WrongCode
from portal.models import SignInCode
from portal.policy import masked, own_path, read_address
from portal.selectors import cookie_name, pending_code, signed_in_customer
from portal.services import end_every_session, end_session, open_session, signed_in, use_code
from portal.services.access import SIGN_IN_PATH
from portal.services.codes import NO_LONGER
from portal.types import Address
from portal.views.code_sending import send_code
from portal.views.pages import SENDING_PROBLEMS, private, show, show_problem
from tenants.selectors import current_tenant

CODE_PATH = f"{SIGN_IN_PATH}/code"
FORM, CODE_FORM = "portal/sign_in.html", "portal/sign_in_code.html"
OUT = {"out": "You are signed out.", "everywhere": "You are signed out everywhere."}


def _known_address(request: HttpRequest, link: str) -> Address | None:
    """Return the address of whoever a campaign link names, or of who is signed in already; neither signs in by itself."""
    target = target_of_link(OFFER_LINK, link) if link else None
    person = target.customer if target else signed_in_customer(request)
    phone, email = (person.phone, person.email) if person else (None, None)
    if target:
        phone, email = phone or target.phone, email or target.email
    if phone:
        return Address(SignInCode.Channel.SMS, phone)
    return Address(SignInCode.Channel.EMAIL, email) if email else None


@private
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for a phone or an email, and have a code sent there. The answer is the same whether or not anybody is known."""
    given = request.POST if request.method == "POST" else request.GET
    way_back, link = own_path(given.get("next")), given.get("link", "")[:200]
    is_again = given.get("again") == "1"
    if request.method != "POST" and signed_in_customer(request) and not is_again:
        return HttpResponseRedirect(way_back)
    known = _known_address(request, link) if (link or is_again) and not given.get("other") else None
    context: dict[str, Any] = {"next": way_back, "link": link, "is_again": is_again, "known": masked(known) if known else ""}
    context |= {"note": OUT.get(request.GET.get("done", ""), ""), "typed": given.get("address", "")[:254]}
    if request.method != "POST":
        return show(request, FORM, **context)
    try:
        address = known or read_address(given.get("address", ""), current_tenant().region)
        return _asked(request, address, way_back)
    except (BadAddress, *SENDING_PROBLEMS) as error:
        return show_problem(request, FORM, error, **context)


def _asked(request: HttpRequest, address: Address, way_back: str) -> HttpResponse:
    response = HttpResponseRedirect(f"{CODE_PATH}?{urlencode({'next': way_back})}")
    send_code(request, response, address)
    return response


@private
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Take the code and sign in."""
    given = request.POST if request.method == "POST" else request.GET
    way_back = own_path(given.get("next"))
    pending = pending_code(request, SignInCode.Purpose.SIGN_IN)
    if pending is None and request.method != "POST":
        return HttpResponseRedirect(f"{SIGN_IN_PATH}?{urlencode({'next': way_back})}")
    context: dict[str, Any] = {"next": way_back, "channel": pending.channel if pending else ""}
    context["sent_to"] = masked(Address(pending.channel, pending.address)) if pending else ""
    if request.method != "POST":
        return show(request, CODE_FORM, **context)
    try:
        row = use_code(browser_token=request.COOKIES.get(cookie_name(is_pending=True), ""), typed=given.get("code", ""))
        if row.customer is None or row.customer.erased_as:
            raise WrongCode(NO_LONGER)
    except WrongCode as error:
        return show_problem(request, CODE_FORM, error, field="code", **context)
    response = HttpResponseRedirect(way_back)
    open_session(request, response, row.customer)
    return response


@private
@require_POST
def resend(request: HttpRequest) -> HttpResponse:
    """Send a new code to where the last one of this browser went; it ends the last one."""
    pending, way_back = pending_code(request, SignInCode.Purpose.SIGN_IN), own_path(request.POST.get("next"))
    if pending is None:
        return HttpResponseRedirect(SIGN_IN_PATH)
    address = Address(pending.channel, pending.address)
    try:
        return _asked(request, address, way_back)
    except SENDING_PROBLEMS as error:
        return show_problem(request, CODE_FORM, error, next=way_back, channel=pending.channel, sent_to=masked(address))


@private
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out here."""
    end_session(request)
    return _left("out")


@private
@require_POST
@signed_in
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """Sign out on every browser, this one too."""
    customer = signed_in_customer(request)
    assert customer is not None
    end_every_session(customer)
    return _left("everywhere")


def _left(done: str) -> HttpResponse:
    response = HttpResponseRedirect(f"{SIGN_IN_PATH}?done={done}")
    response.delete_cookie(cookie_name())
    return response
