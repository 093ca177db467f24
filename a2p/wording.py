"""What the pages call a registration's fields and states."""

from a2p.models import A2pCampaign, AttemptEvent
from a2p.types import UseCase

Status = A2pCampaign.Status

# Every field of both forms, in their order.
LABELS: dict[str, str] = {
    "company_type": "What are you?",
    "legal_name": "Legal name",
    "display_name": "Name customers know",
    "business_type": "Legal form",
    "registration_type": "Kind of number",
    "registration_number": "Tax number",
    "industry": "Trade",
    "website": "Website",
    "stock_exchange": "Stock exchange",
    "stock_ticker": "Stock symbol",
    "street": "Street and number",
    "city": "City",
    "region": "State",
    "postal_code": "Postal code",
    "country": "Country",
    "contact_first_name": "First name",
    "contact_last_name": "Last name",
    "contact_email": "Email",
    "contact_phone": "Mobile phone",
    "contact_title": "Title",
    "contact_position": "Position",
    "use_case": "What you will text about",
    "description": "Description",
    "message_flow": "How people agree to get texts",
    "samples": "Sample texts",
    "has_embedded_links": "Texts contain links",
    "has_embedded_phone": "Texts contain phone numbers",
    "privacy_url": "Privacy policy",
    "terms_url": "Terms and conditions",
    "opt_in_message": "Welcome text",
    "opt_out_message": "Answer to STOP",
    "help_message": "Answer to HELP",
    "opt_in_keywords": "Words that begin texts",
    "opt_out_keywords": "Words that stop texts",
    "help_keywords": "Words that ask for help",
    "is_age_gated": "Only for adults, with a check of age",
    "is_direct_lending": "About loans",
}
USE_CASES: dict[str, str] = {
    UseCase.LOW_VOLUME: "A little of everything, low volume (right for most local businesses)",
    UseCase.MIXED: "A little of everything, more than 2,000 texts a day",
    UseCase.CUSTOMER_CARE: "Questions and appointments of customers, no offers",
    UseCase.ACCOUNT_NOTIFICATION: "Reminders and notices alone, no offers",
    UseCase.DELIVERY_NOTIFICATION: "News of deliveries and pick-ups, no offers",
    UseCase.MARKETING: "Offers and news alone",
    UseCase.TWO_FACTOR: "One-time codes alone",
    UseCase.SOLE_PROPRIETOR: "Sole proprietor",
}
_STANDS: dict[str, str] = {
    Status.DRAFT: "Fill in your business and what you text. What a reviewer would refuse is said beside the fields.",
    Status.READY_TO_SUBMIT: "We see nothing that a reviewer would refuse. Submit it when you are ready.",
    Status.SUBMITTED: "Carriers review this by hand. We check for you and tell you.",
    Status.APPROVED: "The carriers approved what you text.",
    Status.REJECTED: "It was refused. What is wrong stands below: correct it, then resubmit.",
    Status.ERROR: "It did not get through to the reviewers. What happened stands below: nothing is lost, and you can resubmit.",
}
BY_HAND = "A person without a tax number is registered by hand: fill in both forms, then write to us, and we do it with you."
_OUTCOMES = {
    "done": "done",
    "found": "it was there already",
    "corrected": "corrected",
    "left": "left as it is",
    "refused": "refused",
    "unreachable": "Twilio did not answer",
    "heard": "heard from Twilio",
}


def label_of(field: str) -> str:
    """Return what a field is called; `brand.legal_name` is called as `legal_name` is."""
    name = field.rpartition(".")[2]
    return LABELS.get(name, name.replace("_", " ").capitalize())


def standing(status: str) -> str:
    """Say where a registration stands and what its owner can do."""
    return _STANDS.get(status, "")


def provider_state(status: str) -> str:
    """Return a state as the provider calls it, as a person reads it."""
    return status.removeprefix("twilio-").replace("_", " ").replace("-", " ").lower() or "not yet"


def event_in_words(event: AttemptEvent) -> str:
    """Say what came of a step of an attempt."""
    step = event.step.replace("_", " ").replace("-", " ").capitalize()
    came = _OUTCOMES.get(event.outcome, event.outcome)
    return f"{step}: {came}" + (f" ({event.code})" if event.code else "")
