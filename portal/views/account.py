"""What a customer sees and changes of their own: appointments, profile, data."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings.selectors import bookings_of_customer
from customers.errors import BadCustomer
from customers.selectors import Customer
from customers.services import choose_channel, clean_email, rename_customer
from customers.types import Said
from loyalty.selectors import offer_amount
from portal.booking_words import appointment as words_of
from portal.errors import TooManyCodes, WrongCode
from portal.invitations import offer_to_claim
from portal.models import SignInCode
from portal.offer_words import offer_cards
from portal.preferences import TITLES, preferences_of, wording
from portal.selectors import cookie_name, devices_of, has_fresh_code, pending_code, signed_in_customer
from portal.services import signed_in, take_my_data, use_email_code
from portal.services.access import SIGN_IN_PATH
from portal.types import Address
from portal.views.code_sending import send_code
from portal.views.pages import SENDING_PROBLEMS, private, show, show_problem
from servicepro.lib.errors import Conflict, ServiceProError
from servicepro.lib.phone import mask_phone
from tenants.selectors import business_settings

PAST_SHOWN = 10
PROFILE, DATA = "/portal/profile", "/portal/data"
STEP_UP = f"{SIGN_IN_PATH}?again=1&next={DATA}"
DONE = {
    "name": "Your name is saved.",
    "email": "Your email address is changed.",
    "preferences": "Your choice is saved. It counts from now on.",
}


def _customer(request: HttpRequest) -> Customer:
    customer = signed_in_customer(request)
    assert customer is not None, "only behind signed_in"
    return customer


@private
@require_safe
@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """Show the appointments, and the welcome offer: the one that runs, or the one that waits for its customer to register."""
    customer = _customer(request)
    coming, past = (bookings_of_customer(customer, is_upcoming=is_upcoming) for is_upcoming in (True, False))
    waiting = offer_to_claim(customer)
    context: dict[str, Any] = {
        "coming": list(map(words_of, coming)),
        "past": list(map(words_of, past[:PAST_SHOWN])),
        "offers": offer_cards(customer),
        "waiting_amount": offer_amount(waiting) if waiting else "",
    }
    return show(request, "portal/home.html", here="home", **context)


def _profile(request: HttpRequest, *, error: ServiceProError | None = None, field: str = "", **context: str) -> HttpResponse:
    customer = _customer(request)
    shown: dict[str, Any] = {
        "here": "profile",
        "field": field,
        "phone": mask_phone(customer.phone) if customer.phone else "",
        "preferences": preferences_of(customer),
        "devices": devices_of(customer, request),
        "note": DONE.get(request.GET.get("done", ""), ""),
        "waiting_email": _waiting_email(request) if field != "email" else "",
        **context,
    }
    if error:
        return show_problem(request, "portal/profile.html", error, **shown)
    return show(request, "portal/profile.html", **shown)


def _waiting_email(request: HttpRequest) -> str:
    """Return the address that waits for its code in this browser."""
    if request.GET.get("email") != "code" and not request.path.endswith("/email/code"):
        return ""
    pending = pending_code(request, SignInCode.Purpose.CHANGE_EMAIL)
    return pending.address if pending and not pending.used_at and pending.customer_id == _customer(request).pk else ""


@private
@require_safe
@signed_in
def profile(request: HttpRequest) -> HttpResponse:
    """Show who they are to us, what we may send them, and where they are signed in."""
    return _profile(request)


@private
@require_POST
@signed_in
def change_name(request: HttpRequest) -> HttpResponse:
    """Save the name."""
    try:
        rename_customer(_customer(request), request.POST.get("name", "")[:500])
    except BadCustomer as error:
        return _profile(request, error=error, field="name")
    return HttpResponseRedirect(f"{PROFILE}?done=name")


@private
@require_POST
@signed_in
def ask_email_code(request: HttpRequest) -> HttpResponse:
    """Send a code to the address somebody wants to have; until it is typed nothing changes."""
    customer, typed = _customer(request), request.POST.get("email", "")[:300]
    try:
        address = Address(SignInCode.Channel.EMAIL, clean_email(typed))
        if address.value == customer.email:
            raise BadCustomer("This is your email address already.")
        response = HttpResponseRedirect(f"{PROFILE}?email=code#email")
        send_code(request, response, address, purpose=SignInCode.Purpose.CHANGE_EMAIL, customer=customer)
    except (BadCustomer, *SENDING_PROBLEMS) as error:
        return _profile(request, error=error, field="email", typed_email=typed)
    return response


@private
@require_POST
@signed_in
def prove_email(request: HttpRequest) -> HttpResponse:
    """Take the code that proves the new address."""
    token = request.COOKIES.get(cookie_name(is_pending=True), "")
    try:
        use_email_code(_customer(request), browser_token=token, typed=request.POST.get("code", ""))
    except (BadCustomer, WrongCode, Conflict) as error:
        return _profile(request, error=error, field="code")
    response = HttpResponseRedirect(f"{PROFILE}?done=email")
    response.delete_cookie(cookie_name(is_pending=True))
    return response


@private
@require_POST
@signed_in
def choose(request: HttpRequest) -> HttpResponse:
    """Turn offers on a channel on or off, with one press each way."""
    channel, wanted = request.POST.get("channel", ""), request.POST.get("wanted")
    is_wanted = wanted == "yes"
    if channel in TITLES and wanted in ("yes", "no"):
        choose_channel(_customer(request), channel=channel, is_wanted=is_wanted, said=Said(wording(channel, is_wanted=is_wanted)))
    return HttpResponseRedirect(f"{PROFILE}?done=preferences")


@private
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def my_data(request: HttpRequest) -> HttpResponse:
    """Say what is in the download; on POST hand it out, to who entered a code just now."""
    is_fresh = has_fresh_code(request)
    context: dict[str, Any] = {"here": "data", "is_fresh": is_fresh, "step_up": STEP_UP, "reply_to": business_settings().reply_to_email}
    if request.method != "POST":
        return show(request, "portal/data.html", **context)
    if not is_fresh:
        return HttpResponseRedirect(STEP_UP)
    try:
        export = take_my_data(_customer(request))
    except (Conflict, TooManyCodes) as error:
        return show_problem(request, "portal/data.html", error, **context)
    response = HttpResponse(export.content, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="my-data-{export.file_name.rpartition("-")[2]}"'
    return response
