"""A business and a campaign that reviewers let through; tests change one thing at a time."""

from a2p.types import BrandFacts, CampaignFacts

BRAND = BrandFacts(
    legal_name="Clean Machine Auto Detail LLC",
    display_name="Clean Machine Auto Detail",
    company_type="private",
    business_type="Limited Liability Corporation",
    industry="AUTOMOTIVE",
    registration_number="84-1234567",
    website="https://cleanmachinetulsa.com",
    street="12 Main Street",
    city="Tulsa",
    region="OK",
    postal_code="74101",
    contact_first_name="Jody",
    contact_last_name="Fields",
    contact_email="jody@cleanmachinetulsa.com",
    contact_phone="+19185550123",
    contact_title="Owner",
    contact_position="CEO",
)
FLOW = (
    "Customers opt in on the booking form at https://cleanmachinetulsa.com/book by ticking an empty checkbox next to the words “I agree"
    " to receive texts from Clean Machine Auto Detail about my appointments and offers. Message frequency varies. Msg & data rates may"
    " apply. Reply STOP to opt out, HELP for help.” Agreeing is not a condition of purchase."
)
CAMPAIGN = CampaignFacts(
    use_case="LOW_VOLUME",
    description=(
        "Clean Machine Auto Detail sends appointment reminders, arrival updates and now and then an offer to customers who booked a"
        " detail and agreed to receive texts."
    ),
    message_flow=FLOW,
    samples=(
        "Hi [first name], this is Clean Machine Auto Detail: your detail is tomorrow at 10 AM. Reply STOP to opt out.",
        "Clean Machine Auto Detail: 15% off interior details this week, book at https://cleanmachinetulsa.com/book Reply STOP to opt out.",
    ),
    has_embedded_links=True,
    opt_in_message=(
        "Clean Machine Auto Detail: you are in for texts about appointments and offers. Msg frequency varies. Msg & data rates may apply."
        " Reply HELP for help, STOP to opt out."
    ),
    opt_out_message="Clean Machine Auto Detail: you are unsubscribed and get no more texts.",
    help_message="Clean Machine Auto Detail: call (918) 555-0123 or email jody@cleanmachinetulsa.com. Reply STOP to opt out.",
    privacy_url="https://cleanmachinetulsa.com/privacy",
    terms_url="https://cleanmachinetulsa.com/terms",
)
