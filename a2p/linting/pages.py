"""The privacy policy and the terms that reviewers open."""

from a2p.linting.words import NO_WEBSITE, SHORTENERS, SOCIAL, address_of, domain_of, host_of
from a2p.types import BrandFacts, CampaignFacts, Finding, Severity

PRIVACY, TERMS = 30908, 30882
_PAGES = (("privacy_url", PRIVACY, "privacy policy"), ("terms_url", TERMS, "terms"))


def page_findings(brand: BrandFacts, campaign: CampaignFacts) -> list[Finding]:
    """Return what can be seen from the addresses alone; whether the pages open is asked elsewhere."""
    return [finding for field, code, label in _PAGES for finding in _page(brand, field, code, label, getattr(campaign, field).strip())]


def _page(brand: BrandFacts, field: str, code: int, label: str, url: str) -> list[Finding]:
    if not url:
        return [Finding(field, code, f"Give the address of your {label}.")]
    host = host_of(url)
    domain = domain_of(host)
    if not url.startswith(("http://", "https://")) or "." not in host or domain in NO_WEBSITE or " " in url:
        return [Finding(field, code, "This is not the address of a page that everybody can open.")]
    if domain in SHORTENERS:
        return [Finding(field, code, "Reviewers open no short links. Give the full address.")]
    found = []
    if url.startswith("http://"):
        found.append(Finding(field, code, "Give the address with https.", Severity.WARNS))
    site = domain_of(host_of(brand.website)) if brand.website.strip() else ""
    if "." in site and site not in NO_WEBSITE | SOCIAL and domain != site:
        found.append(Finding(field, code, f"Reviewers expect your {label} on your own website ({site}).", Severity.WARNS))
    parts = address_of(url)
    if not (parts.path.strip("/") or parts.fragment or parts.query):
        found.append(Finding(field, code, f"This is the front page. Link the {label} itself.", Severity.WARNS))
    return found
