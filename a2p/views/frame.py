"""The frame of the registration's pages: the three steps, and what is in the way of each."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from a2p.forms import BrandForm
from a2p.models import A2pCampaign, Brand
from a2p.selectors import working_campaign
from a2p.services import default_brand, default_campaign, findings_for
from a2p.types import Finding, Severity
from servicepro.lib.admin_pages import admin_page

TITLE = "Registration for texting"
BUSINESS, TEXTS, STATUS = "a2p-business", "a2p-texts", "a2p"
_STEPS = ((BUSINESS, "Your business"), (TEXTS, "What you text"), (STATUS, "Submit and follow"))
LOCKED = (A2pCampaign.Status.SUBMITTED, A2pCampaign.Status.APPROVED)


def registration() -> A2pCampaign:
    """Return the registration the business works on; where nobody has begun, what it would begin with, not kept yet."""
    return working_campaign() or A2pCampaign(brand=Brand(**default_brand()), **default_campaign())


def page_of(finding: Finding) -> str:
    """Return the address of the page on which a finding can be mended."""
    return field_page(finding.field)


def field_page(field: str) -> str:
    """Return the address of the page on which a field stands."""
    return reverse(BUSINESS if field in BrandForm.base_fields else TEXTS)


def is_of_business(finding: Finding) -> bool:
    """Tell whether it is about who registers."""
    return finding.field in BrandForm.base_fields


def blocking(findings: Iterable[Finding]) -> int:
    """Return how many of them would be refused."""
    return sum(finding.severity is Severity.BLOCKS for finding in findings)


def registration_page(
    request: HttpRequest,
    template: str,
    campaign: A2pCampaign,
    *,
    here: str,
    problems: Mapping[str, str] | None = None,
    status_code: int = 200,
    **context: Any,
) -> HttpResponse:
    """Render a template in the frame; `problems` are {id of the field on the page: what is wrong there}."""
    findings = findings_for(campaign)
    open_of = {
        BUSINESS: blocking(found for found in findings if is_of_business(found)),
        TEXTS: blocking(found for found in findings if not is_of_business(found)),
    }
    steps = [
        {"number": number, "label": label, "link": reverse(name), "is_here": name == here, "open": open_of.get(name, 0)}
        for number, (name, label) in enumerate(_STEPS, 1)
    ]
    frame = {"steps": steps, "campaign": campaign, "problems": problems or {}, "is_locked": campaign.status in LOCKED}
    code = 400 if problems else status_code
    return admin_page(request, template, TITLE, status_code=code, **frame, **context)
