"""The salon of the demo has a list, an offer and a draft to begin with, and nobody hears of it."""

import pytest

from campaigns.models import Campaign, Target
from campaigns.selectors import invitation_campaigns
from campaigns.services import draft_of, preview_audience, preview_message, start_due_campaigns
from campaigns.types import Audience
from customers.models import Customer, ImportBatch
from customers.selectors import imported_lives
from customers.services import register_customer
from loyalty.models import OfferCode, WelcomeOffer
from onboarding.analytics.report import Period, onboarding_analytics
from onboarding.demo_invitation import INVITATION_NAME, OFFER_NAME, set_up_invitation
from onboarding.demo_people import indian_customers


@pytest.fixture
def salon(indian_tenant: object) -> Campaign:
    """The salon as the demo sets it up."""
    for person in indian_customers():
        register_customer(name=person.name, region="IN", phone_text=person.phone, email=person.email, source="demo", **person.flags)
    set_up_invitation()
    return invitation_campaigns().get()


def test_the_list_brings_believable_people_and_says_what_it_could_not_use(salon):
    batch = ImportBatch.objects.get()
    assert (batch.status, batch.total_records, batch.new_count, batch.refused_count) == ("completed", 24, 21, 1)
    assert batch.duplicate_in_file_count == 1 and batch.changed_count + batch.merged_count + batch.unchanged_count == 1
    assert imported_lives() == {"imported": 21, "invited": 0, "registered": 0, "expired": 0}
    priya = Customer.objects.get(name="Priya Raghavan")
    assert (priya.phone, priya.tags, priya.whatsapp_consent) == ("+919876543220", ["VIP", "Hair"], True)
    assert Customer.objects.get(name="Gayatri Nambiar").opted_out


def test_the_draft_can_be_sent_and_was_sent_to_nobody(salon, simulator):
    assert (salon.name, salon.status, salon.channel, salon.offer.name) == (INVITATION_NAME, "draft", "sms", OFFER_NAME)
    preview = preview_audience(Audience.from_json(salon.audience), salon.channel)
    assert (preview.people, preview.reach, preview.left_out) == (21, 20, {"opted_out_explicit": 1})
    assert "15% OFF" in preview_message(draft_of(salon)).text
    start_due_campaigns()
    salon.refresh_from_db()
    assert salon.status == "draft" and not Target.objects.exists() and not OfferCode.objects.exists()
    assert simulator.texts() == simulator.emails() == [] and onboarding_analytics(Period()).total_invites_sent == 0


def test_setting_it_up_again_changes_nothing(salon):
    before = (Customer.objects.count(), ImportBatch.objects.count(), WelcomeOffer.objects.count(), Campaign.objects.count())
    set_up_invitation()
    assert (Customer.objects.count(), ImportBatch.objects.count(), WelcomeOffer.objects.count(), Campaign.objects.count()) == before
