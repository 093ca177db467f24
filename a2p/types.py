"""What a registration is made of, as the linter and the provider's adapter read it."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """What a finding means for submitting."""

    BLOCKS = "blocks"  # the provider or a reviewer refuses it
    WARNS = "warns"  # reviewers have refused the like


class UseCase(StrEnum):
    """The use cases a local service business registers; the provider knows more of them."""

    LOW_VOLUME = "LOW_VOLUME"
    MIXED = "MIXED"
    MARKETING = "MARKETING"
    CUSTOMER_CARE = "CUSTOMER_CARE"
    ACCOUNT_NOTIFICATION = "ACCOUNT_NOTIFICATION"
    DELIVERY_NOTIFICATION = "DELIVERY_NOTIFICATION"
    TWO_FACTOR = "2FA"
    SOLE_PROPRIETOR = "SOLE_PROPRIETOR"


@dataclass(frozen=True, slots=True)
class BrandFacts:
    """Who registers. Phones are E.164, countries two letters; `registration_number` as typed.

    `company_type` is private, public, non-profit, government or sole_proprietor; a sole proprietor has no tax number.
    """

    legal_name: str = ""
    display_name: str = ""
    company_type: str = "private"
    business_type: str = ""
    industry: str = ""
    registration_type: str = "EIN"
    registration_number: str = ""
    website: str = ""
    street: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = "US"
    contact_first_name: str = ""
    contact_last_name: str = ""
    contact_email: str = ""
    contact_phone: str = ""
    contact_title: str = ""
    contact_position: str = ""
    stock_exchange: str = ""
    stock_ticker: str = ""

    @property
    def is_sole_proprietor(self) -> bool:
        """Whether a person without a tax number of a business registers."""
        return self.company_type == "sole_proprietor"

    @property
    def names(self) -> tuple[str, ...]:
        """Return what the business is called: the name people know, then the legal one."""
        return tuple(name for name in (self.display_name, self.legal_name) if name)


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    """What is to be texted, and how people agreed to it; keywords are as typed, without spaces around them."""

    use_case: str = ""
    description: str = ""
    message_flow: str = ""
    samples: tuple[str, ...] = ()
    has_embedded_links: bool = False
    has_embedded_phone: bool = False
    opt_in_message: str = ""
    opt_out_message: str = ""
    help_message: str = ""
    opt_in_keywords: tuple[str, ...] = ()
    opt_out_keywords: tuple[str, ...] = ()
    help_keywords: tuple[str, ...] = ()
    privacy_url: str = ""
    terms_url: str = ""
    is_age_gated: bool = False
    is_direct_lending: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a reviewer would object to: in which field, under which rejection code, and what to do.

    `index` is the number of the sample it is about, from 0.
    """

    field: str
    code: int
    message: str
    severity: Severity = Severity.BLOCKS
    index: int | None = None
