"""What other apps learn about people."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConsentFacts:
    """What a person allowed; the strictest of all records that are the same person. None means never recorded."""

    sms_consent: bool | None = None
    opted_out: bool = False
    sms_opt_out: bool = False
    email_opt_out: bool = False
    gdpr_marketing_consent: bool | None = None
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class Consolidation:
    """How many distinct people the records make, and what is known of them."""

    people: int
    with_phone: int
    with_email: int
    opted_out: int
    unreadable_phones: int
    joined_records: int
    table: str = "consolidated_people"


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """Somebody who has no customer record yet."""

    name: str
    phone: str | None
    email: str | None
    source: str
