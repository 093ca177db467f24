"""What a reviewer would refuse, found before it is submitted: pure, offline, the same answer each time."""

from a2p.linting.brands import brand_findings
from a2p.linting.consent import consent_findings
from a2p.linting.content import content_findings
from a2p.linting.language import language_findings
from a2p.linting.limits import limit_findings
from a2p.linting.pages import page_findings
from a2p.linting.subjects import subject_findings
from a2p.types import BrandFacts, CampaignFacts, Finding, Severity


def lint(brand: BrandFacts, campaign: CampaignFacts) -> list[Finding]:
    """Return everything that would be refused, in the order of the form, each thing once."""
    foreign = language_findings(campaign)
    unread = {finding.field for finding in foreign}
    read = [*content_findings(brand, campaign), *consent_findings(brand, campaign)]
    found = [
        *brand_findings(brand),
        *limit_findings(campaign),
        *foreign,
        # The rules read English: what they miss in another language says nothing.
        *(finding for finding in read if finding.field not in unread),
        *subject_findings(brand, campaign),
        *page_findings(brand, campaign),
    ]
    return list(dict.fromkeys(found))


def may_be_submitted(findings: list[Finding]) -> bool:
    """Tell whether nothing that was found would be refused for certain."""
    return not any(finding.severity is Severity.BLOCKS for finding in findings)
