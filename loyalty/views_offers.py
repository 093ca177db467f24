"""The owner's pages of welcome offers: what there is, what became of each, and a form for one."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.services import record_access
from loyalty import selectors, services
from loyalty.errors import BadOffer
from loyalty.forms_offers import OfferForm, typed_offer
from loyalty.types import OfferTerms, OfferUsage
from servicepro.lib.admin_pages import admin_page, get_or_404
from servicepro.lib.money import format_minor
from servicepro.lib.paging import page_number
from tenants.selectors import current_tenant, signed_in_user

NEW_OFFER = {"kind": "percentage", "days": 30, "uses": 1, "is_active": True}


@require_safe
def offers(request: HttpRequest) -> HttpResponse:
    """List the offers with what became of them."""
    rows = [(usage, selectors.offer_in_words(usage.terms), _given(usage)) for usage in selectors.offer_usages()]
    return admin_page(request, "loyalty/offers.html", "Welcome offers", rows=rows)


@require_http_methods(["GET", "HEAD", "POST"])
def new_offer(request: HttpRequest) -> HttpResponse:
    """Show an empty form; with a POST, keep the offer."""
    form = OfferForm(request.POST) if request.method == "POST" else OfferForm(initial=NEW_OFFER)
    if not form.is_bound or not form.is_valid():
        return _form_page(request, form)
    try:
        made = services.create_offer(form.wish, actor=signed_in_user(request))
    except BadOffer as error:
        form.take_refusal(error)
        return _form_page(request, form)
    messages.success(request, f"Saved: {selectors.offer_in_words(made)}.")
    return redirect("welcome-offer", made.id)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_offer(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Show an offer's form; with a POST, change the offer."""
    terms = _terms(offer_id)
    form = OfferForm(request.POST) if request.method == "POST" else OfferForm(initial=typed_offer(terms))
    if not form.is_bound or not form.is_valid():
        return _form_page(request, form, terms)
    try:
        changed = services.edit_offer(offer_id, form.wish, actor=signed_in_user(request))
    except BadOffer as error:
        form.take_refusal(error)
        return _form_page(request, form, terms)
    messages.success(request, f"Saved: {selectors.offer_in_words(changed)}.")
    return redirect("welcome-offer", offer_id)


@require_POST
def switch_off(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Switch an offer off."""
    get_or_404(services.deactivate_offer, offer_id, actor=signed_in_user(request))
    messages.success(request, "Switched off. Nobody is promised it, can claim it or can use it.")
    return redirect("welcome-offer", offer_id)


@require_safe
def offer(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Show one offer and what became of its codes, recorded, as it names people."""
    terms = _terms(offer_id)
    found = selectors.offer_redemptions(offer_id, page_number(request.GET.get("page", "")))
    record_access(actor=signed_in_user(request), action="view", how_many=len(found.rows), subject="welcome offer redemptions")
    usage = selectors.offer_usage(terms)
    rows = [(row, format_minor(row.total_minor, terms.currency), format_minor(row.discount_minor, terms.currency)) for row in found.rows]
    context: dict[str, Any] = {
        "terms": terms,
        "words": selectors.offer_in_words(terms),
        "usage": usage,
        "given": _given(usage),
        "found": found,
        "rows": rows,
    }
    return admin_page(request, "loyalty/offer.html", terms.name, **context)


def _terms(offer_id: int) -> OfferTerms:
    terms = selectors.offer_terms(offer_id)
    if terms is None:
        raise Http404("There is no such welcome offer.")
    return terms


def _given(usage: OfferUsage) -> str:
    return format_minor(usage.discount_minor, usage.terms.currency)


def _form_page(request: HttpRequest, form: OfferForm, terms: OfferTerms | None = None) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "terms": terms,
        "currency": current_tenant().currency,
        "problems": [(name, error) for name, errors in form.errors.items() for error in errors],
    }
    title = f"Change “{terms.name}”" if terms else "New welcome offer"
    return admin_page(request, "loyalty/offer_form.html", title, status_code=400 if form.errors else 200, **context)
