"""The owner's pages of the registration: typed, looked at as a reviewer would, kept, sent."""

import html
import re

import pytest
from django.test import Client

from a2p.models import A2pCampaign, Brand
from a2p.services import campaign_row, save_brand, save_campaign
from tenants.accounts.models import User
from tests.a2p.registering import BRAND, CAMPAIGN
from tests.a2p.test_services import fields_of
from tests.support.browsing import signed_in

URL = "/settings/a2p/"
Status = A2pCampaign.Status
TYPED = fields_of(BRAND) | {"contact_phone": "(918) 555-0123"}
TEXTS = fields_of(CAMPAIGN) | {"has_embedded_phone": "", "is_age_gated": "", "is_direct_lending": "", "has_embedded_links": "on"}
TEXTS |= dict.fromkeys(("opt_in_keywords", "opt_out_keywords", "help_keywords"), "")


@pytest.fixture
def ready(tenant):
    save_brand(None, fields_of(BRAND))
    return save_campaign(None, fields_of(CAMPAIGN))


def page_of(client: Client, path: str = "") -> str:
    return client.get(URL + path).content.decode()


def test_looking_keeps_nothing(owner):
    for path in ("", "business/", "texts/"):
        assert owner.get(URL + path).status_code == 200
    assert not Brand.objects.exists() and not A2pCampaign.objects.exists()


def test_a_new_registration_is_shown_in_the_words_of_the_business(owner):
    page = page_of(owner, "texts/")
    assert "Clean Machine Auto Detail: 15% off this week" in page
    assert 'value="Clean Machine Auto Detail"' in page_of(owner, "business/")


def test_nobody_is_blamed_for_fields_they_have_not_come_to(owner):
    assert "Give the legal name" not in page_of(owner, "business/")
    owner.post(f"{URL}business/", {"company_type": "private"})
    assert "Give the legal name" in page_of(owner, "business/")


def test_a_business_is_kept_as_it_was_typed(owner):
    answer = owner.post(f"{URL}business/", TYPED | {"then": "next"})
    assert answer["Location"] == f"{URL}texts/"
    brand = Brand.objects.get()
    assert (brand.legal_name, brand.contact_phone, brand.registration_number) == (BRAND.legal_name, "+19185550123", "84-1234567")
    answer = owner.post(f"{URL}texts/", TEXTS | {"then": "next"}, follow=True)
    assert A2pCampaign.objects.get().status == Status.READY_TO_SUBMIT
    assert "Saved. Nothing was sent to Twilio." in answer.content.decode()


def test_what_cannot_be_kept_is_named_where_it_was_typed(owner):
    answer = owner.post(f"{URL}business/", TYPED | {"contact_phone": "twelve"})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert 'href="#contact_phone">This is not a phone number.' in page and 'value="twelve"' in page
    assert not Brand.objects.filter(legal_name=BRAND.legal_name).exists()


def test_a_sole_proprietor_is_not_asked_for_a_tax_number(owner):
    owner.post(f"{URL}business/", TYPED | {"company_type": "sole_proprietor"})
    brand = Brand.objects.get()
    assert (brand.company_type, brand.registration_number, brand.business_type) == ("sole_proprietor", None, "")
    page = page_of(owner, "texts/")
    assert '<option value="SOLE_PROPRIETOR"' in page and '<option value="LOW_VOLUME"' not in page


def test_a_finding_stands_beside_its_field_with_the_rejection_it_prevents(owner, ready):
    answer = owner.post(f"{URL}check/business/", TYPED | {"registration_number": "123"}, headers={"HX-Request": "true"})
    page = answer.content.decode()
    beside = page.partition('id="registration_number-findings"')[2].partition("</div>")[0]
    assert "An EIN has nine digits" in beside and "prevents rejection 30795" in beside
    assert "<b>1</b> thing a reviewer would refuse" in page
    assert Brand.objects.get().registration_number == "84-1234567"


def test_a_finding_about_a_sample_stands_beside_that_sample(owner, ready):
    samples = [CAMPAIGN.samples[0], "Clean Machine: book at https://bit.ly/x now. Reply STOP to opt out.", ""]
    page = owner.post(f"{URL}check/texts/", TEXTS | {"samples": samples}).content.decode()
    beside = page.partition('id="samples-1-findings"')[2].partition("</div>")[0]
    assert "30892" in beside
    assert "30892" not in page.partition('id="samples-0-findings"')[2].partition("</div>")[0]


def test_gaps_between_samples_are_not_kept(owner, ready):
    owner.post(f"{URL}texts/", TEXTS | {"samples": [CAMPAIGN.samples[0], "", CAMPAIGN.samples[1], "", ""]})
    assert A2pCampaign.objects.get().samples == list(CAMPAIGN.samples)


def test_keywords_are_typed_with_commas(owner, ready):
    owner.post(f"{URL}texts/", TEXTS | {"opt_out_keywords": "STOP, END halt"})
    assert A2pCampaign.objects.get().opt_out_keywords == ["STOP", "END", "halt"]
    assert 'value="STOP, END, halt"' in page_of(owner, "texts/")


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.APPROVED])
def test_what_is_under_review_is_shown_and_not_changed(owner, ready, status):
    A2pCampaign.objects.update(status=status)
    page = page_of(owner, "texts/")
    assert "nothing can be changed now" in page and "Save and go on" not in page
    owner.post(f"{URL}texts/", TEXTS | {"description": "Something else altogether"})
    assert A2pCampaign.objects.get().description == CAMPAIGN.description


def test_staff_and_strangers_do_not_come_in(tenant, owner):
    User.objects.create_user("a2p-staff@shop.example", "a-long-password", is_staff=True, role="manager")
    colleague, stranger = signed_in("a2p-staff@shop.example"), Client(HTTP_HOST="shop.localhost")
    for path in ("", "business/", "texts/"):
        assert colleague.get(URL + path).status_code == 403
        assert stranger.get(URL + path)["Location"].startswith("/admin/login/")


def test_markup_that_was_typed_is_shown_as_text(owner, ready):
    save_brand(None, {"display_name": "<script>alert(1)</script>"})
    campaign_row()
    assert "<script>alert(1)" not in page_of(owner, "business/")


def buttons_of(page: str) -> dict[str, bool]:
    """Return which buttons there are and whether they can be pressed."""
    found = re.findall(r"<button class=\"act[^\"]*\"( disabled)?>(Submit to Twilio|Refresh Status|Resubmit with Fixes)</button>", page)
    return {label: not closed for closed, label in found}


@pytest.mark.parametrize(
    ("status", "is_open"),
    [
        (Status.DRAFT, (False, False, False)),
        (Status.READY_TO_SUBMIT, (True, False, False)),
        (Status.SUBMITTED, (False, True, False)),
        (Status.APPROVED, (False, True, False)),
        (Status.REJECTED, (False, True, True)),
        (Status.ERROR, (False, False, True)),
    ],
)
def test_buttons_can_be_pressed_as_the_status_allows(owner, ready, status, is_open):
    A2pCampaign.objects.update(status=status)
    page = page_of(owner)
    assert tuple(buttons_of(page).values()) == is_open
    assert f'<span class="chip {status.lower()}">{Status(status).label}</span>' in page


def test_a_person_without_a_tax_number_is_registered_by_hand(owner, ready):
    save_brand(None, {"company_type": "sole_proprietor", "registration_number": "", "business_type": ""})
    save_campaign(None, {"use_case": "SOLE_PROPRIETOR"})
    assert A2pCampaign.objects.get().status == Status.READY_TO_SUBMIT
    page = page_of(owner)
    assert buttons_of(page) == dict.fromkeys(buttons_of(page), False)
    assert "registered by hand" in page


def press(client: Client, button: str, **fields: str) -> str:
    return client.post(f"{URL}{button}/", fields, follow=True).content.decode()


def test_it_is_submitted_and_followed_until_it_is_approved(owner, ready, simulator):
    page = press(owner, "submit")
    assert "Campaign submitted to Twilio. Status: " in page
    for _turn in range(4):
        page = press(owner, "refresh-status")
    assert "Status refreshed. Current state: Approved" in page
    campaign = A2pCampaign.objects.get()
    assert campaign.status == Status.APPROVED and campaign.approved_at
    assert "verified" in page and "Attempt 1" in page and "owner@shop.example" in page


def test_a_refusal_is_told_in_plain_words_with_the_field_and_what_to_do(owner, ready, simulator):
    save_campaign(None, {"description": f"{CAMPAIGN.description} reject-30896"})
    press(owner, "submit")
    for _turn in range(4):
        page = press(owner, "refresh-status")
    assert "How people agree to get texts is missing or not good enough." in page
    assert f'<a href="{URL}texts/#message_flow">How people agree to get texts</a>' in page
    assert buttons_of(page)["Resubmit with Fixes"]
    save_campaign(None, {"description": CAMPAIGN.description})
    assert "Campaign submitted to Twilio. Status: " in (page := press(owner, "resubmit"))
    assert '<th scope="row">Description</th>' in page


def test_what_may_not_be_sent_now_is_refused_in_the_agreed_words(owner, ready):
    A2pCampaign.objects.update(status=Status.SUBMITTED)
    assert "Submission failed: " in press(owner, "submit")
    assert "Resubmission failed: " in press(owner, "resubmit")


def test_nothing_is_sent_where_nobody_has_begun(owner):
    for button in ("submit", "resubmit", "refresh-status"):
        assert "Fill in your business and what you text first." in press(owner, button)


def test_twilio_away_is_a_sentence_and_a_state(owner, ready, simulator):
    simulator.faults(api="twilio", call=".*", reject500=1)
    page = press(owner, "submit")
    assert "Submission failed: Twilio could not be reached. Nothing was lost" in page
    assert buttons_of(page) == {"Submit to Twilio": False, "Refresh Status": False, "Resubmit with Fixes": True}
    assert "Resubmission failed: Twilio could not be reached." in press(owner, "resubmit")
    simulator.behave()
    assert "Campaign submitted to Twilio. Status: Submitted" in press(owner, "resubmit")


def test_a_fee_is_asked_for_before_it_is_spent(owner, ready, simulator):
    save_campaign(None, {"description": f"{CAMPAIGN.description} reject-30896"})
    press(owner, "submit")
    for _turn in range(4):
        press(owner, "refresh-status")
    save_campaign(None, {"description": CAMPAIGN.description, "use_case": "MIXED"})
    answer = owner.post(f"{URL}resubmit/")
    page = answer.content.decode()
    assert answer.status_code == 409 and "Agree to the fee and resubmit" in page and "15 US dollars" in page
    assert A2pCampaign.objects.get().status == Status.REJECTED
    assert "Campaign submitted to Twilio. Status: Submitted" in press(owner, "resubmit", fee="agreed")


def test_a_page_that_waits_is_loaded_anew_once_there_is_news(owner, ready):
    A2pCampaign.objects.update(status=Status.SUBMITTED)
    asked = html.unescape(re.search(r'hx-get="([^"]+live[^"]+)"', page_of(owner))[1])
    answer = owner.get(asked)
    assert answer.content == b"" and "HX-Refresh" not in answer
    A2pCampaign.objects.update(status=Status.APPROVED)
    assert owner.get(asked)["HX-Refresh"] == "true"


def test_a_suggestion_is_shown_as_it_is_and_as_it_would_be_and_taken_with_a_button(owner, ready):
    save_campaign(None, {"has_embedded_links": False})
    page = page_of(owner)
    assert "<del>no</del>" in page and "<ins>yes</ins>" in page
    page = owner.post(f"{URL}suggestion/", {"field": "has_embedded_links"}, follow=True).content.decode()
    assert "Changed as suggested. Nothing was sent to Twilio." in page
    assert A2pCampaign.objects.get().has_embedded_links
    page = owner.post(f"{URL}suggestion/", {"field": "has_embedded_links"}, follow=True).content.decode()
    assert "Nothing is suggested for this field any more." in page
