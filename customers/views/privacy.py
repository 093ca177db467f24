"""The owner's pages for one person's data: take it along, erase it, and the certificate afterwards."""

import json
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from customers.errors import CannotErase, UnknownCustomer
from customers.models import Customer, ErasureCertificate
from customers.services import (
    PersonExport,
    certificate_by_id,
    customer_named,
    erase_address,
    erase_person,
    export_address,
    export_person,
    names_somebody,
    person_at,
    person_of,
    provider_copies,
    record_access,
)
from servicepro.lib.admin_pages import admin_page, get_or_404
from servicepro.lib.phone import mask_phone
from tenants.selectors import signed_in_user

CONFIRMATION = "erase"
NOT_CONFIRMED = f"Nothing was erased. Type “{CONFIRMATION}” into the field to confirm."


def _confirmed(request: HttpRequest) -> bool:
    return request.POST.get("confirmation", "").strip().lower() == CONFIRMATION


def _zip(made: PersonExport) -> HttpResponse:
    response = HttpResponse(made.content, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{made.file_name}"'
    return response


@never_cache
@require_POST
def export(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Hand over everything held about a person."""
    return _zip(export_person(get_or_404(customer_named, customer_id=customer_id), actor=signed_in_user(request)))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Find somebody by phone or email: who has a record is shown on its page, who has none here.

    The address travels in the body of the request alone, so that no log holds it.
    """
    if request.method != "POST":
        return _found(request)
    address = request.POST.get("address", "").strip()
    try:
        person = person_at(address)
    except UnknownCustomer as error:
        return _found(request, problem=error.message)
    if person.customer_ids:
        return redirect("admin:customers_customer_change", person.customer_ids[0])
    if not names_somebody(person):
        return _found(request, problem="Nothing is held that names somebody with this phone or email.")
    record_access(actor=signed_in_user(request), action="view", subject="somebody without a record")
    return _found(request, address=address)


@never_cache
@require_POST
def export_found(request: HttpRequest) -> HttpResponse:
    """Hand over everything held about somebody without a record."""
    try:
        return _zip(export_address(request.POST.get("address", ""), actor=signed_in_user(request)))
    except UnknownCustomer as error:
        return _found(request, problem=error.message)


@never_cache
@require_POST
def erase_found(request: HttpRequest) -> HttpResponse:
    """Erase somebody without a record when the owner typed the word."""
    address = request.POST.get("address", "")
    if not _confirmed(request):
        return _found(request, address=address, problem=NOT_CONFIRMED)
    try:
        made = erase_address(address, actor=signed_in_user(request), reason=request.POST.get("reason", ""))
    except (CannotErase, UnknownCustomer) as error:
        return _found(request, problem=error.message)
    return redirect("privacy-certificate", made.pk)


def _found(request: HttpRequest, *, address: str = "", problem: str = "") -> HttpResponse:
    person = person_at(address) if address else None
    return admin_page(
        request,
        "customers/privacy_find.html",
        "Somebody's data",
        status_code=400 if problem else 200,
        address=address,
        shown=mask_phone(person.phones[0]) if person and person.phones else address,
        person=person,
        reasons=ErasureCertificate.Reason.choices,
        confirmation=CONFIRMATION,
        problem=problem,
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Show who would be erased, and do it when the owner typed the word."""
    customer = get_or_404(customer_named, customer_id=customer_id)
    if customer.erased_as:
        return redirect("privacy-certificate", customer.erased_as)
    problem = ""
    if request.method == "POST":
        if not _confirmed(request):
            problem = NOT_CONFIRMED
        else:
            try:
                made = erase_person(customer, actor=signed_in_user(request), reason=request.POST.get("reason", ""))
            except CannotErase as error:
                problem = error.message
            else:
                return redirect("privacy-certificate", made.pk)
    return _ask(request, customer, problem)


def _ask(request: HttpRequest, customer: Customer, problem: str) -> HttpResponse:
    person = person_of(customer)
    records = Customer.objects.filter(pk__in=person.customer_ids).order_by("pk")
    if request.method == "GET":
        record_access(actor=signed_in_user(request), action="view", customer=customer)
    return admin_page(
        request,
        "customers/privacy_erase.html",
        "Erase a person",
        status_code=400 if problem else 200,
        customer=customer,
        records=[(record, mask_phone(record.phone)) for record in records],
        conversations=len(person.conversation_ids),
        groups=len(person.group_conversation_ids),
        reasons=ErasureCertificate.Reason.choices,
        confirmation=CONFIRMATION,
        problem=problem,
    )


@require_GET
def certificates(request: HttpRequest) -> HttpResponse:
    """List the certificates, newest first."""
    made = ErasureCertificate.objects.select_related("requested_by").order_by("-created_at")[:200]
    return admin_page(request, "customers/privacy_certificates.html", "Erased people", certificates=made)


@require_GET
def certificate(request: HttpRequest, certificate_id: UUID) -> HttpResponse:
    """Show what was erased, what stays and why, and what the provider answered."""
    made = get_or_404(certificate_by_id, certificate_id)
    return admin_page(
        request, "customers/privacy_certificate.html", "Certificate of erasure", certificate=made, copies=provider_copies(made)
    )


@require_GET
def certificate_file(request: HttpRequest, certificate_id: UUID) -> HttpResponse:
    """Hand over the certificate as a file."""
    made = get_or_404(certificate_by_id, certificate_id)
    document = {
        "certificate": made.pk,
        "erased_at": made.created_at,
        "asked_by": str(made.requested_by or "command line"),
        "reason": made.get_reason_display(),
        "record_ids": made.record_ids,
        "erased": made.erased,
        "kept": made.kept,
        "provider_copies": [
            {"provider": copy.provider, "message": copy.message_id, "state": copy.state, "answer": copy.answer}
            for copy in provider_copies(made)
        ],
    }
    response = HttpResponse(json.dumps(document, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="erasure-{made.pk}.json"'
    return response
