"""Where the registration stands: its state, what was refused, and every attempt."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from a2p.models import A2pCampaign, Attempt
from a2p.selectors import attempts_of
from a2p.services import brand_facts, findings_for
from a2p.services.proposals import Proposal, propose_rewrites
from a2p.types import Finding
from a2p.views.comparing import compared
from a2p.views.fields import place_of
from a2p.views.frame import LOCKED, STATUS, blocking, field_page, page_of, registration, registration_page
from a2p.wording import BY_HAND, event_in_words, label_of, provider_state, standing

Status = A2pCampaign.Status
TIMES = (
    ("submitted_at", "Submitted", "not yet"),
    ("approved_at", "Approved", "not yet"),
    ("rejected_at", "Rejected", "never"),
    ("trusthub_last_checked_at", "Last checked", "never"),
)
REFUSED = (Status.REJECTED, Status.ERROR)
MAY_SUBMIT = frozenset({Status.READY_TO_SUBMIT})
MAY_REFRESH = frozenset({Status.SUBMITTED, Status.APPROVED, Status.REJECTED})
MAY_RESUBMIT = frozenset(REFUSED)


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Show where the registration stands and what can be done."""
    return overview_page(request, registration())


@require_GET
def live(request: HttpRequest) -> HttpResponse:
    """Have a page that waits for reviewers loaded anew once there is something new; Twilio is not asked."""
    answer = HttpResponse()
    if request.GET.get("seen") != _seen(registration()):
        answer["HX-Refresh"] = "true"
    return answer


def overview_page(request: HttpRequest, campaign: A2pCampaign, *, status_code: int = 200, **context: Any) -> HttpResponse:
    """Render the page of a registration as it is now."""
    findings = findings_for(campaign)
    is_by_hand = brand_facts(campaign.brand).is_sole_proprietor and campaign.status not in LOCKED
    shown: dict[str, Any] = {
        "standing": BY_HAND if is_by_hand else standing(campaign.status),
        "is_refused": campaign.status in REFUSED,
        "may_submit": campaign.status in MAY_SUBMIT and not is_by_hand,
        "may_refresh": campaign.status in MAY_REFRESH,
        "may_resubmit": campaign.status in MAY_RESUBMIT and not is_by_hand,
        "times": [(label, getattr(campaign, name), without) for name, label, without in TIMES],
        "findings": [_linked(finding) for finding in findings],
        "open": blocking(findings),
        "refusals": refusals(campaign),
        "stages": stages(campaign),
        "seen": _seen(campaign) if campaign.status in LOCKED else "",
        "proposals": [_proposal_row(each) for each in propose_rewrites(campaign)] if campaign.pk and campaign.status not in LOCKED else [],
        "attempts": [_attempt_row(attempt) for attempt in attempts_of(campaign)] if campaign.pk else [],
    }
    return registration_page(request, "a2p/page.html", campaign, here=STATUS, status_code=status_code, **shown, **context)


def _seen(campaign: A2pCampaign) -> str:
    """Return what tells a page that its reader has seen the state."""
    return " ".join([campaign.status, str(campaign.numbers_provisioned), *(said for _label, said in stages(campaign))])


def _linked(finding: Finding) -> dict[str, Any]:
    """Return a finding with the page and place where it can be mended."""
    return {"finding": finding, "label": label_of(finding.field), "link": f"{page_of(finding)}#{place_of(finding)}"}


def refusals(campaign: A2pCampaign) -> list[dict[str, Any]]:
    """Return why the business and what it texts were refused, in plain words, each with the fields to look at."""
    return [
        {**refusal, "links": [(label_of(field), f"{field_page(field)}#{field}") for field in refusal.get("fields", ())]}
        for refusal in (*campaign.brand.rejections, *campaign.rejections)
    ]


def stages(campaign: A2pCampaign) -> list[tuple[str, str]]:
    """Return what has to be approved on the way, each by itself: (what, where it stands)."""
    brand = campaign.brand
    numbers = f"{campaign.numbers_provisioned} of {campaign.numbers_total} known to the carriers" if campaign.numbers_total else "none yet"
    return [
        ("Business profile", provider_state(brand.profile_status)),
        ("Brand", provider_state(brand.brand_status)),
        ("Identity", provider_state(brand.identity_status)),
        ("What you text", provider_state(campaign.trusthub_status or "")),
        ("Numbers", numbers),
    ]


def _proposal_row(proposal: Proposal) -> dict[str, Any]:
    """Return a suggestion in the words of the forms."""
    both = compared(proposal.before, proposal.after)
    return {"field": proposal.field, "label": label_of(proposal.field), "reason": proposal.reason, "both": both}


def _attempt_row(attempt: Attempt) -> dict[str, Any]:
    """Return an attempt with its difference in the words of the forms."""
    changes = [(label_of(field), compared(before, now)) for field, (before, now) in attempt.difference.items()]
    return {"attempt": attempt, "changes": changes, "events": [(event.created_at, event_in_words(event)) for event in attempt.events.all()]}
