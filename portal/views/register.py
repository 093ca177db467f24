"""Sign up: from the link of an invitation or from the sign-in page, with a code that proves the phone. Looking changes nothing."""

from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.errors import BadCustomer, UnknownCustomer
from customers.selectors import Customer
from customers.services import clean_email
from customers.types import TEXTS_TERMS
from loyalty.selectors import offer_amount
from portal.errors import BadAddress, WrongCode
from portal.invitations import invitation as invitation_behind
from portal.invitations import invited_address, offer_to_claim, was_brought
from portal.models import SignInCode
from portal.offer_words import offer_cards
from portal.policy import masked, read_mobile
from portal.selectors import cookie_name, pending_code, signed_in_customer
from portal.services import complete_registration, open_session, register, signed_in, use_code
from portal.types import Address
from portal.views.code_sending import send_code
from portal.views.pages import SENDING_PROBLEMS, private, show, show_problem
from portal.wording import offer_limits, points_rules, texts_wording, welcome_sentence
from tenants.selectors import business_settings, current_tenant

REGISTER, CODE_PATH, WELCOME = "/portal/register", "/portal/register/code", "/portal/welcome"
FORM, CODE_FORM, COMPLETE_FORM = "portal/register.html", "portal/register_code.html", "portal/register_complete.html"
LINK_CHARACTERS_MAX, NAME_CHARACTERS_MAX, EMAIL_CHARACTERS_MAX = 200, 500, 300


@private
@require_safe
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show what an invitation promises and the way to register. Opening it registers nobody and claims nothing."""
    found, chosen = invitation_behind(token), business_settings()
    context: dict[str, Any] = {"token": token, "reply_to": chosen.reply_to_email, "address": chosen.postal_address, "found": found}
    context["rules"] = points_rules() if chosen.point_value_minor else None
    if found and found.offer and not found.is_over:
        offer = found.offer
        context |= {"offer": offer, "amount": offer_amount(offer), "limits": offer_limits(offer), "days": offer.validity_days}
    template, status = ("portal/invitation.html", 200) if found else ("portal/invitation_unknown.html", 404)
    response = show(request, template, status=status, **context)
    response["Referrer-Policy"] = "no-referrer"
    return response


@private
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Ask for the phone and send a code there, whether or not we know it; who is signed in already only says yes."""
    given = request.POST if request.method == "POST" else request.GET
    link, customer = given.get("link", "")[:LINK_CHARACTERS_MAX], signed_in_customer(request)
    if customer and not given.get("other") and not _is_for_another(link, customer):
        return _complete(request, customer, link)
    known = invited_address(link) if link and not given.get("other") else None
    context: dict[str, Any] = {"link": link, "known": masked(known) if known else "", "typed": given.get("phone", "")[:40]}
    if request.method != "POST":
        return show(request, FORM, **context)
    try:
        return _asked(request, known or read_mobile(given.get("phone", ""), current_tenant().region), link)
    except (BadAddress, *SENDING_PROBLEMS) as error:
        return show_problem(request, FORM, error, **context)


def _is_for_another(link: str, customer: Customer) -> bool:
    """Return whether an invitation went to somebody else than who is signed in: a phone or computer that people share."""
    found = invitation_behind(link)
    return found is not None and found.customer_id != customer.pk


def _complete(request: HttpRequest, customer: Customer, link: str) -> HttpResponse:
    offer = offer_to_claim(customer, link)
    if request.method == "POST":
        name = request.POST.get("name", "")[:NAME_CHARACTERS_MAX]
        complete_registration(customer, name=name, wants_texts=_wants_texts(request), link=link)
        return HttpResponseRedirect(WELCOME, status=303)
    if customer.registered_at and offer is None:
        return HttpResponseRedirect(WELCOME)
    amount = offer_amount(offer) if offer else ""
    return show(
        request,
        COMPLETE_FORM,
        link=link,
        amount=amount,
        limits=offer_limits(offer) if offer else "",
        wording=texts_wording(),
        terms=TEXTS_TERMS,
    )


def _wants_texts(request: HttpRequest) -> bool:
    return request.POST.get("texts") == "yes"


def _asked(request: HttpRequest, address: Address, link: str) -> HttpResponse:
    response = HttpResponseRedirect(f"{CODE_PATH}?{urlencode({'link': link})}" if link else CODE_PATH)
    send_code(request, response, address, purpose=SignInCode.Purpose.REGISTER)
    return response


@private
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Take the code with the name, register, and sign in."""
    given = request.POST if request.method == "POST" else request.GET
    link, pending = given.get("link", "")[:LINK_CHARACTERS_MAX], pending_code(request, SignInCode.Purpose.REGISTER)
    if pending is None and request.method != "POST":
        return HttpResponseRedirect(REGISTER)
    context: dict[str, Any] = {
        "link": link,
        "sent_to": masked(Address(pending.channel, pending.address)) if pending else "",
        "wording": texts_wording(),
        "terms": TEXTS_TERMS,
        "name": given.get("name", "")[:NAME_CHARACTERS_MAX] if request.method == "POST" else "",
        "email": given.get("email", "")[:EMAIL_CHARACTERS_MAX] if request.method == "POST" else "",
        "wants_texts": _wants_texts(request),
    }
    if request.method != "POST":
        return show(request, CODE_FORM, **context)
    try:
        return _entered(request, context)
    except (BadCustomer, UnknownCustomer) as error:
        return show_problem(request, CODE_FORM, error, field="email", **context)
    except WrongCode as error:
        return show_problem(request, CODE_FORM, error, field="code", **context)


def _entered(request: HttpRequest, typed: dict[str, Any]) -> HttpResponse:
    """Register whoever typed the code; the email they add is theirs once its own code is typed. Raises BadCustomer and WrongCode."""
    email = clean_email(typed["email"]) if typed["email"].strip() else ""
    token, purpose = request.COOKIES.get(cookie_name(is_pending=True), ""), SignInCode.Purpose.REGISTER
    row = use_code(browser_token=token, typed=request.POST.get("code", ""), purpose=purpose)
    found = register(phone=row.address, name=typed["name"], wants_texts=typed["wants_texts"], link=typed["link"])
    response = HttpResponseRedirect(WELCOME, status=303)
    open_session(request, response, found.customer)
    if email and email != found.customer.email:
        with suppress(*SENDING_PROBLEMS):  # registered all the same; the profile takes the address any day
            send_code(request, response, Address("email", email), purpose=SignInCode.Purpose.CHANGE_EMAIL, customer=found.customer)
    return response


@private
@require_POST
def resend(request: HttpRequest) -> HttpResponse:
    """Send a new code to where the last one of this browser went; it ends the last one."""
    pending, link = pending_code(request, SignInCode.Purpose.REGISTER), request.POST.get("link", "")[:LINK_CHARACTERS_MAX]
    if pending is None:
        return HttpResponseRedirect(REGISTER)
    address = Address(pending.channel, pending.address)
    try:
        return _asked(request, address, link)
    except SENDING_PROBLEMS as error:
        return show_problem(request, CODE_FORM, error, link=link, sent_to=masked(address), wording=texts_wording(), terms=TEXTS_TERMS)


@private
@require_safe
@signed_in
def welcome(request: HttpRequest) -> HttpResponse:
    """Greet whoever registered, with what they got by it; looking again changes nothing."""
    customer = signed_in_customer(request)
    assert customer is not None, "only behind signed_in"
    if customer.registered_at is None:
        return HttpResponseRedirect(REGISTER)
    pending = pending_code(request, SignInCode.Purpose.CHANGE_EMAIL)
    context: dict[str, Any] = {
        "sentence": welcome_sentence(customer.name or "", is_imported=was_brought(customer)),
        "offers": offer_cards(customer),
        "waiting_email": pending.address if pending and not pending.used_at and pending.customer_id == customer.pk else "",
    }
    return show(request, "portal/welcome.html", here="home", **context)
