"""Remedies for what was found or refused, for the owner to take or to leave; whatever writes better ones belongs here."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from a2p.errors import NotNow
from a2p.linting import lint
from a2p.linting.content import STOP
from a2p.linting.limits import SAMPLE_CHARACTERS
from a2p.linting.words import says
from a2p.models import A2pCampaign
from a2p.services.drafts import save_campaign
from a2p.services.facts import brand_facts, campaign_facts
from a2p.services.starting_texts import default_campaign
from a2p.types import Severity
from tenants.selectors import User

NO_STOP = 30887
HOW_TO_STOP = "Reply STOP to opt out."
_TICKS = ("has_embedded_links", "has_embedded_phone")
_ANSWERS = ("opt_in_message", "opt_out_message", "help_message")


@dataclass(frozen=True, slots=True)
class Proposal:
    """Another wording of one field; `reason` says what it answers."""

    field: str
    before: Any
    after: Any
    reason: str


def propose_rewrites(campaign: A2pCampaign) -> list[Proposal]:
    """Return what can be changed for the owner in answer to findings and refusals.

    A field is named once, and only where what is proposed differs from what stands there and leaves no more to refuse than before.
    """
    proposals: dict[str, Proposal] = {}
    stands = _held_back(campaign, {})
    for field, code, reason in _complaints(campaign):
        after = _remedy(campaign, field, code)
        before = getattr(campaign, field, None)
        if after is None or after == before or field in proposals:
            continue
        if _held_back(campaign, {field: after}) <= stands:
            proposals[field] = Proposal(field, before, after, reason)
    return list(proposals.values())


def use_proposal(campaign: A2pCampaign, field: str, *, actor: User | None) -> A2pCampaign:
    """Put what is proposed for a field into the draft. Raises NotNow where nothing is proposed for it."""
    proposal = next((each for each in propose_rewrites(campaign) if each.field == field), None)
    if proposal is None:
        raise NotNow("Nothing is suggested for this field any more.")
    return save_campaign(actor, {field: proposal.after})


def _held_back(campaign: A2pCampaign, change: dict[str, Any]) -> int:
    """Return how much would be refused once something is changed."""
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in change.items()}
    findings = lint(brand_facts(campaign.brand), replace(campaign_facts(campaign), **values))
    return sum(finding.severity is Severity.BLOCKS for finding in findings)


def _complaints(campaign: A2pCampaign) -> Iterable[tuple[str, int, str]]:
    """Yield (field, code, sentence) of what reviewers said and then of what they would say."""
    for refusal in campaign.rejections:
        for field in refusal.get("fields", ()):
            yield field, int(refusal["code"]), str(refusal["fix"])
    for finding in lint(brand_facts(campaign.brand), campaign_facts(campaign)):
        yield finding.field, finding.code, finding.message


def _remedy(campaign: A2pCampaign, field: str, code: int) -> Any:
    if field == "samples" and code == NO_STOP:
        return [_with_stop(sample) for sample in campaign.samples]
    if field in _TICKS:
        return not getattr(campaign, field)
    if field in _ANSWERS:
        return default_campaign()[field]
    if field == "opt_out_keywords" and code == NO_STOP:
        return ["STOP", *campaign.opt_out_keywords]
    return None


def _with_stop(sample: str) -> str:
    longer = f"{sample.rstrip()} {HOW_TO_STOP}"
    return sample if says(sample, STOP) or len(longer) > SAMPLE_CHARACTERS[1] else longer
