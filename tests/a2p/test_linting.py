"""What reviewers refuse is found before it is submitted, each finding with the field and the rejection it prevents."""

import random
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2p.linting import lint, may_be_submitted
from a2p.rejections import REJECTIONS
from a2p.types import BrandFacts, CampaignFacts, Finding, Severity
from tests.a2p.registering import BRAND, CAMPAIGN, FLOW

REMINDER, OFFER = CAMPAIGN.samples
BRAND_FAULTS: list[tuple[dict[str, Any], str, int]] = [
    ({"legal_name": " "}, "legal_name", 22215),
    ({"legal_name": "Your Company Name"}, "legal_name", 22215),
    ({"legal_name": "Café Détail LLC"}, "legal_name", 30799),
    ({"registration_number": ""}, "registration_number", 22215),
    ({"registration_number": "123-45-6789"}, "registration_number", 30795),
    ({"registration_number": "84-12345"}, "registration_number", 30795),
    ({"registration_number": "12-3456789"}, "registration_number", 30795),
    ({"registration_number": "00-1234567"}, "registration_number", 30795),
    ({"registration_type": "DUNS", "registration_number": "150483782"}, "registration_type", 30795),
    ({"company_type": "public"}, "stock_ticker", 30796),
    ({"company_type": "non-profit"}, "company_type", 30797),
    ({"company_type": "club"}, "company_type", 22215),
    ({"business_type": "LLC"}, "business_type", 22215),
    ({"street": ""}, "street", 22219),
    ({"street": "P.O. Box 12"}, "street", 30799),
    ({"region": "Oklahoma"}, "region", 30701),
    ({"postal_code": "741"}, "postal_code", 22217),
    ({"country": "IN"}, "country", 30729),
    ({"contact_email": "nobody"}, "contact_email", 30881),
    ({"contact_email": "jody@gmail.com"}, "contact_email", 30881),
    ({"contact_phone": ""}, "contact_phone", 22215),
    ({"contact_phone": "+1555"}, "contact_phone", 22215),
    ({"contact_email": "jody@mailinator.com"}, "contact_email", 30881),
    ({"contact_email": "jody@example.com"}, "contact_email", 30881),
    ({"website": ""}, "website", 30891),
    ({"website": "example.com"}, "website", 30891),
    ({"website": "https://facebook.com/cleanmachine"}, "website", 30891),
]
CAMPAIGN_FAULTS: list[tuple[dict[str, Any], str, int]] = [
    ({"use_case": "TEXTING"}, "use_case", 21720),
    ({"use_case": "SOLE_PROPRIETOR"}, "use_case", 30900),
    ({"description": ""}, "description", 21727),
    ({"description": "Texts to customers."}, "description", 21728),
    ({"description": "x" * 4_097}, "description", 21728),
    ({"description": "We will be using this for our business needs and our marketing purposes."}, "description", 30886),
    ({"description": "[Company Name] sends appointment reminders to customers who agreed to get them."}, "description", 30886),
    ({"message_flow": ""}, "message_flow", 21727),
    ({"message_flow": FLOW.replace("an empty checkbox", "a pre-checked checkbox")}, "message_flow", 30925),
    ({"message_flow": f"{FLOW} All customers are opted in when they book."}, "message_flow", 30896),
    ({"message_flow": f"{FLOW} We also text lists of leads purchased from partners."}, "message_flow", 30896),
    ({"message_flow": FLOW.replace("Agreeing is not a condition of purchase.", "Customers must agree to book.")}, "message_flow", 30896),
    ({"message_flow": FLOW.replace("https://cleanmachinetulsa.com/book", "our website")}, "message_flow", 30909),
    ({"message_flow": FLOW.replace("https://cleanmachinetulsa.com/book", "https://bit.ly/3abc")}, "message_flow", 30909),
    ({"message_flow": FLOW.replace("Message frequency varies. ", "")}, "message_flow", 30909),
    ({"message_flow": FLOW.replace("Clean Machine Auto Detail", "us")}, "message_flow", 30909),
    (
        {"message_flow": "People will somehow get texts from Clean Machine Auto Detail. Rates vary. STOP HELP data rates"},
        "message_flow",
        30896,
    ),
    ({"message_flow": FLOW.replace("texts from", "calls, emails and texts from")}, "message_flow", 30556),
    ({"message_flow": f"{FLOW} We share numbers with our marketing partners."}, "message_flow", 30908),
    ({"message_flow": FLOW.replace("an empty checkbox", "a checkbox that is enabled from the start")}, "message_flow", 30925),
    ({"message_flow": "Los clientes marcan una casilla en la página para recibir mensajes de su cita."}, "message_flow", 30910),
    ({"description": "我们向同意接收短信的客户发送预约提醒和优惠信息，客户可以随时退订。" * 2}, "description", 30910),
    ({"samples": (REMINDER,)}, "samples", 21727),
    ({"samples": (REMINDER, "Hi!")}, "samples", 21728),
    ({"samples": (REMINDER, "x" * 1_025)}, "samples", 21728),
    ({"samples": (REMINDER, OFFER.replace("https://cleanmachinetulsa.com/book", "https://bit.ly/3abc"))}, "samples", 30892),
    ({"samples": tuple(text.replace("Clean Machine Auto Detail", "the shop") for text in CAMPAIGN.samples)}, "samples", 30893),
    ({"samples": tuple(text.replace(" Reply STOP to opt out.", "") for text in CAMPAIGN.samples)}, "samples", 30887),
    ({"samples": (REMINDER, REMINDER)}, "samples", 30893),
    ({"samples": (REMINDER, "This is a test of Clean Machine Auto Detail. Reply STOP.")}, "samples", 30893),
    ({"samples": (REMINDER, f"{OFFER} Call (918) 555-0123.")}, "has_embedded_phone", 30889),
    ({"has_embedded_phone": True}, "samples", 30889),
    ({"has_embedded_links": False}, "has_embedded_links", 30893),
    ({"samples": (REMINDER, OFFER.replace(" https://cleanmachinetulsa.com/book", " online"))}, "samples", 30893),
    ({"use_case": "CUSTOMER_CARE"}, "samples", 30893),
    ({"use_case": "2FA"}, "samples", 30893),
    ({"samples": (REMINDER, f"{OFFER} Free CBD gummies!")}, "samples", 30897),
    ({"samples": (REMINDER, f"{OFFER} And a beer.")}, "samples", 30888),
    ({"samples": (REMINDER, f"{OFFER} Financing from 0% APR.")}, "samples", 30895),
    ({"samples": (REMINDER, f"{OFFER} You have won a prize!")}, "samples", 30885),
    ({"samples": (REMINDER, f"{OFFER} Final notice: verify your bank details.")}, "samples", 30884),
    ({"samples": (REMINDER, REMINDER.replace("10 AM", "11 AM"))}, "samples", 30893),
    ({"help_keywords": ("ASSIST",)}, "help_keywords", 30890),
    ({"opt_out_message": "Thank you for the message you sent."}, "opt_out_message", 30887),
    ({"help_message": "Clean Machine Auto Detail answers questions."}, "help_message", 30890),
    ({"opt_in_message": "Clean Machine Auto Detail: thanks for joining."}, "opt_in_message", 30896),
    ({"opt_out_keywords": ("END",)}, "opt_out_keywords", 30887),
    ({"opt_in_keywords": ("STOP",), "opt_out_keywords": ("STOP",)}, "opt_in_keywords", 30896),
    ({"opt_in_keywords": ("JOIN NOW",)}, "opt_in_keywords", 21728),
    ({"privacy_url": ""}, "privacy_url", 30908),
    ({"privacy_url": "https://bit.ly/p"}, "privacy_url", 30908),
    ({"privacy_url": "https://cleanmachinetulsa.com/"}, "privacy_url", 30908),
    ({"terms_url": "terms"}, "terms_url", 30882),
    ({"terms_url": "https://elsewhere.com/terms"}, "terms_url", 30882),
]


def _places(findings: list[Finding]) -> set[tuple[str, int]]:
    return {(finding.field, finding.code) for finding in findings}


def test_a_registration_that_reviewers_let_through_has_no_finding():
    assert lint(BRAND, CAMPAIGN) == []


@pytest.mark.parametrize(("change", "field", "code"), BRAND_FAULTS)
def test_a_fault_of_the_business_is_found_at_its_field_under_its_rejection(change, field, code):
    assert (field, code) in _places(lint(replace(BRAND, **change), CAMPAIGN))


@pytest.mark.parametrize(("change", "field", "code"), CAMPAIGN_FAULTS)
def test_a_fault_of_the_campaign_is_found_at_its_field_under_its_rejection(change, field, code):
    assert (field, code) in _places(lint(BRAND, replace(CAMPAIGN, **change)))


def test_a_sole_proprietor_needs_no_tax_number_and_registers_as_one():
    person = replace(BRAND, company_type="sole_proprietor", registration_number="", business_type="")
    assert lint(person, replace(CAMPAIGN, use_case="SOLE_PROPRIETOR")) == []
    assert ("use_case", 30900) in _places(lint(person, CAMPAIGN))


def test_only_what_would_be_refused_for_certain_stands_against_submitting():
    assert may_be_submitted(lint(replace(BRAND, contact_email="jody@gmail.com"), CAMPAIGN))
    assert not may_be_submitted(lint(BRAND, replace(CAMPAIGN, privacy_url="")))


HONEST_WORDS: list[dict[str, Any]] = [
    {"message_flow": f"{FLOW} We never share numbers with third parties or affiliates."},
    {"message_flow": FLOW.replace("an empty checkbox", "a checkbox that nobody has ticked yet and nothing depends on")},
    {"message_flow": FLOW.replace("an empty checkbox", "a box of its own, apart from the ones for calls and emails, not preselected,")},
    {"message_flow": FLOW.replace("Message frequency varies", "How many there are depends on your bookings")},
    {"samples": (REMINDER.replace("Reply STOP to opt out.", "STOP ends texts."), OFFER.replace(" Reply STOP to opt out.", ""))},
    {"opt_out_message": "Clean Machine Auto Detail: texts are off. You won't hear from us by text again."},
    {"description": f"{CAMPAIGN.description} Messages in Spanish, as in “su cita es mañana”, say the same."},
]

# What a trade says every day, and what only sounds like something refused.
for _said in (
    "Do you work from home? We can detail in your driveway.",
    "Please avoid alcohol for 24 hours after the visit.",
    "The red wine stain and the tobacco smell are gone.",
    "Any special requests for tomorrow?",
    "Your membership is on hold, as you asked.",
    "Claim your reward at the front desk, you have 500 points.",
    "Bring the massage gun you borrowed.",
    "Enter the PIN 4417 at the gate.",
    "Your appointment is on Apr 3, we will deal with the scratch then.",
):
    HONEST_WORDS.append({"samples": (REMINDER, f"Clean Machine Auto Detail: {_said}"), "has_embedded_links": False})
for _said in (
    "Customers must tick the box to receive texts.",
    "Customers must be 18 or older to receive texts.",
    "All customers are asked, and may say no.",
):
    HONEST_WORDS.append({"message_flow": f"{FLOW} {_said}"})


@pytest.mark.parametrize("name", ["Special Touch Detail", "Brewery Lane Detail", "Wine Country Detail", "Best Deals Auto Detail"])
def test_a_name_that_sounds_like_a_subject_holds_nothing_back(name):
    reminders = replace(
        CAMPAIGN,
        use_case="CUSTOMER_CARE",
        description="Clean Machine Auto Detail sends appointment reminders and updates to customers who booked and agreed to receive texts.",
        samples=(REMINDER, "Clean Machine Auto Detail: we are on our way to you."),
        has_embedded_links=False,
    )
    texts = {
        each.name: value.replace("Clean Machine Auto Detail", name)
        for each in fields(CampaignFacts)
        if isinstance(value := getattr(reminders, each.name), str)
    }
    samples = tuple(sample.replace("Clean Machine Auto Detail", name) for sample in reminders.samples)
    assert lint(replace(BRAND, legal_name=f"{name} LLC", display_name=name), replace(reminders, **texts, samples=samples)) == []


@pytest.mark.parametrize("change", HONEST_WORDS)
def test_other_honest_words_for_the_same_thing_hold_nothing_back(change):
    assert may_be_submitted(lint(BRAND, replace(CAMPAIGN, **change)))


def test_a_missing_frequency_alone_warns_and_missing_rates_hold_it_back():
    silent = replace(CAMPAIGN, message_flow=FLOW.replace("Message frequency varies. ", ""))
    assert ("message_flow", 30909) in _places(lint(BRAND, silent))
    assert may_be_submitted(lint(BRAND, silent))
    assert not may_be_submitted(lint(BRAND, replace(CAMPAIGN, message_flow=FLOW.replace("Msg & data rates may apply. ", ""))))


def test_what_is_in_another_language_is_not_blamed_for_words_it_lacks():
    spanish = (
        "Clean Machine Auto Detail: su cita es mañana a las 9, gracias por su visita.",
        "Hoy dos por uno en nuestro taller para usted.",
    )
    found = {
        code for field, code in _places(lint(BRAND, replace(CAMPAIGN, samples=spanish, has_embedded_links=False))) if field == "samples"
    }
    assert found == {30910}


def test_every_finding_names_a_field_of_the_form_and_a_rejection_we_can_explain():
    names = {each.name for kind in (BrandFacts, CampaignFacts) for each in fields(kind)}
    faults = [lint(replace(BRAND, **change), CAMPAIGN) for change, _field, _code in BRAND_FAULTS]
    faults += [lint(BRAND, replace(CAMPAIGN, **change)) for change, _field, _code in CAMPAIGN_FAULTS]
    for finding in (finding for found in faults for finding in found):
        assert finding.field in names
        assert finding.code in REJECTIONS
        assert finding.message.endswith((".", "”"))
        assert finding.severity in set(Severity)


@given(st.text(max_size=400), st.lists(st.text(max_size=200), max_size=6), st.randoms(use_true_random=False))
def test_any_text_gets_the_same_answer_each_time(text, samples, chance: random.Random):
    typed = replace(CAMPAIGN, description=text, message_flow=text, samples=tuple(samples), help_message=text, privacy_url=text)
    brand = replace(BRAND, legal_name=text, website=text, street=text, registration_number=text, contact_email=text)
    assert lint(brand, typed) == lint(brand, typed)
