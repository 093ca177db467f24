"""What the registry checks against public records, as far as it can be seen without them."""

import re

from a2p.linting.words import FREE_MAIL, NO_WEBSITE, SHORTENERS, SOCIAL, THROW_AWAY_MAIL, domain_of, has_placeholder, host_of
from a2p.types import BrandFacts, Finding, Severity

COMPANY_TYPES = {"private", "public", "non-profit", "government", "sole_proprietor"}
# The spelling is the provider's: https://www.twilio.com/docs/messaging/compliance/a2p-10dlc/collect-business-info
BUSINESS_TYPES = {"Co-operative", "Corporation", "Limited Liability Corporation", "Non-profit Corporation", "Partnership"}
STATES = frozenset(
    """
    AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR
    PA RI SC SD TN TX UT VT VA WA WV WI WY PR VI GU AS MP
    """.split()
)
# First two digits that no office of the tax authority gives out.
_NO_PREFIX = frozenset(["00", "07", "08", "09", "17", "18", "19", "28", "29", "49", "69", "70", "78", "79", "89", "96", "97"])
_EIN = re.compile(r"\d{2}-?\d{7}", re.ASCII)
_SSN = re.compile(r"\d{3}-\d{2}-\d{4}", re.ASCII)
_PO_BOX = re.compile(r"\bp\.? ?o\.? ?box\b|\bpost office box\b", re.IGNORECASE)
_ZIP = re.compile(r"\d{5}(?:-\d{4})?", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_PHONE = re.compile(r"\+1[2-9]\d{2}[2-9]\d{6}|\+(?!1)\d{8,15}", re.ASCII)
_NAME, _EIN_WRONG, _UNVERIFIED, _WEBSITE, _MAIL = 22215, 30795, 30799, 30891, 30881


def brand_findings(brand: BrandFacts) -> list[Finding]:
    """Return what the registry or a reviewer would refuse of the business itself."""
    kind = [] if brand.company_type in COMPANY_TYPES else [Finding("company_type", _NAME, "Choose what kind of business it is.")]
    number = [] if brand.is_sole_proprietor else _registration(brand)
    return [*_names(brand), *kind, *number, *_listing(brand), *_address(brand), *_contact(brand), *_website(brand)]


def _names(brand: BrandFacts) -> list[Finding]:
    name = brand.legal_name.strip()
    if not name:
        return [Finding("legal_name", _NAME, "Give the legal name as the tax office writes it.")]
    if has_placeholder(name):
        return [Finding("legal_name", _NAME, "This looks like an example. Give the legal name as the tax office writes it.")]
    if not name.isascii():
        sentence = "The tax office's records have plain letters only. Write the name as its letter (CP 575) does."
        return [Finding("legal_name", _UNVERIFIED, sentence, Severity.WARNS)]
    return []


def _registration(brand: BrandFacts) -> list[Finding]:
    number, field = brand.registration_number.strip(), "registration_number"
    if not number:
        sentence = "Give the tax number (EIN). Without one, choose “sole proprietor”: you register as a person then."
        return [Finding(field, _NAME, sentence)]
    if brand.country != "US":
        return []
    if brand.registration_type != "EIN":
        return [Finding("registration_type", _EIN_WRONG, "A business in the US registers with its EIN.")]
    if _SSN.fullmatch(number):
        return [Finding(field, _EIN_WRONG, "This looks like a social security number. Give the EIN, which looks like 12-3456789.")]
    digits = number.replace("-", "")
    if not _EIN.fullmatch(number):
        return [Finding(field, _EIN_WRONG, "An EIN has nine digits, as in 12-3456789.")]
    if len(set(digits)) == 1 or digits in ("123456789", "987654321") or digits[:2] in _NO_PREFIX:
        return [Finding(field, _EIN_WRONG, "No office gives out this number. Copy it from the tax office's letter.")]
    return []


def _listing(brand: BrandFacts) -> list[Finding]:
    if brand.company_type == "public":
        return [
            Finding(field, 30796, "A listed company gives its exchange and symbol.")
            for field in ("stock_exchange", "stock_ticker")
            if not getattr(brand, field).strip()
        ]
    is_charity = brand.business_type == "Non-profit Corporation"
    if is_charity != (brand.company_type == "non-profit") and brand.business_type in BUSINESS_TYPES:
        return [Finding("company_type", 30797, "Company and kind of business disagree about being non-profit.")]
    if brand.business_type not in BUSINESS_TYPES and not brand.is_sole_proprietor and brand.company_type != "government":
        return [Finding("business_type", _NAME, "Choose the legal form of the business.")]
    return []


def _address(brand: BrandFacts) -> list[Finding]:
    labels = {"street": "street and number", "city": "city", "region": "state", "postal_code": "postal code"}
    found = [
        Finding(field, 22219, f"Give the {label} of the business.") for field, label in labels.items() if not getattr(brand, field).strip()
    ]
    if brand.country not in ("US", "CA"):
        found.append(Finding("country", 30729, "Businesses of the US and Canada are registered here.", Severity.WARNS))
    if _PO_BOX.search(brand.street):
        found.append(Finding("street", _UNVERIFIED, "A post office box is no business address to the registry.", Severity.WARNS))
    if brand.country == "US":
        if brand.region.strip() and brand.region.strip().upper() not in STATES:
            found.append(Finding("region", 30701, "Write the state as two letters, for example TX."))
        if brand.postal_code.strip() and not _ZIP.fullmatch(brand.postal_code.strip()):
            found.append(Finding("postal_code", 22217, "A postal code looks like 78701."))
    return found


def _contact(brand: BrandFacts) -> list[Finding]:
    found = [
        Finding(field, _NAME, f"Give the {label} of who speaks for the business.")
        for field, label in (("contact_first_name", "first name"), ("contact_last_name", "last name"), ("contact_phone", "phone"))
        if not getattr(brand, field).strip()
    ]
    if brand.contact_phone.strip() and not _PHONE.fullmatch(brand.contact_phone.strip()):
        found.append(Finding("contact_phone", _NAME, "This is no complete phone number."))
    email = brand.contact_email.strip().lower()
    if not _EMAIL.fullmatch(email):
        return [*found, Finding("contact_email", _MAIL, "Give an email address that you read.")]
    host = email.rpartition("@")[2]
    if domain_of(host) in NO_WEBSITE or domain_of(host) in THROW_AWAY_MAIL:
        return [*found, Finding("contact_email", _MAIL, "Give an email address that you keep and read.")]
    if domain_of(host) in FREE_MAIL and not brand.is_sole_proprietor:
        sentence = f"Reviewers distrust private addresses such as @{host}. Use one at your own domain."
        found.append(Finding("contact_email", _MAIL, sentence, Severity.WARNS))
    return found


def _website(brand: BrandFacts) -> list[Finding]:
    site = brand.website.strip()
    if not site:
        severity = Severity.WARNS if brand.is_sole_proprietor else Severity.BLOCKS
        return [Finding("website", _WEBSITE, "Reviewers look at your website. Give its address.", severity)]
    host = host_of(site)
    domain = domain_of(host)
    if "." not in host or domain in NO_WEBSITE or domain in SHORTENERS or " " in site:
        return [Finding("website", _WEBSITE, "This is not the address of a website of yours.")]
    if domain in SOCIAL:
        sentence = "A page on a social network is a weak proof. A small website with your name, address and services is better."
        return [Finding("website", _WEBSITE, sentence, Severity.WARNS)]
    return []
