"""Texts to the US wait until the carriers know the business; everything else goes on."""

import uuid

import pytest
from django.test import Client
from django_tenants.utils import schema_context

from campaigns.errors import BadCampaignInput
from campaigns.kinds.registration import registration_problem
from campaigns.models import Campaign, Target
from campaigns.services import drain, resume_campaign, start_campaign
from customers.services import register_customer
from messaging.models import UsTexting
from messaging.selectors import is_us_texting_closed
from messaging.services import deliver, set_us_texting
from messaging.types import Channel, Envelope, MessageClass, Outcome
from tenants.accounts.models import AuditEntry, User
from tenants.models import Tenant
from tenants.services import introduce_platform

US, CANADA, INDIA = "+15125550142", "+14165550142", "+919812345678"


@pytest.fixture
def carriers(tenant, settings):
    """Texts go to real carriers, and this business is not registered."""
    settings.SIMULATED_SMS = False
    return tenant


def text(phone: str, **fields: object) -> Envelope:
    fields = {"message_class": MessageClass.TRANSACTIONAL, **fields}
    return Envelope(phone, Channel.SMS, f"gate-{uuid.uuid4().hex}", phone, "Your table is ready.", **fields)


def outcomes(*envelopes: Envelope) -> list[tuple[str, str]]:
    return [(receipt.outcome, receipt.reason) for receipt in deliver(list(envelopes))]


@pytest.mark.parametrize("message_class", list(MessageClass))
def test_a_text_to_the_us_is_refused_whatever_its_class(carriers, simulator, message_class):
    assert outcomes(text(US, message_class=message_class, quiet_hours_released=True)) == [("skipped", "a2p_not_registered")]
    assert simulator.texts() == []


def test_texts_to_other_countries_behind_the_same_code_leave(carriers, simulator):
    said = {receipt.reference: receipt.outcome for receipt in deliver([text(US), text(CANADA), text(INDIA)])}
    assert said == {US: Outcome.SKIPPED, CANADA: Outcome.SENT, INDIA: Outcome.SENT}


def test_an_approved_business_texts_and_stops_when_approval_is_lost(carriers, simulator):
    assert set_us_texting(True) and not set_us_texting(True)
    assert outcomes(text(US)) == [("sent", "")]
    assert set_us_texting(False) and not set_us_texting(False)
    assert outcomes(text(US)) == [("skipped", "a2p_not_registered")]


def test_one_business_does_not_text_on_anothers_registration(carriers, simulator):
    with schema_context("salon"):
        set_us_texting(True)
    assert is_us_texting_closed()
    with schema_context("salon"):
        assert not is_us_texting_closed()
        UsTexting.objects.all().delete()


def test_the_simulator_knows_no_carriers(tenant, simulator, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert not is_us_texting_closed()
    assert outcomes(text(US)) == [("sent", "")]


def test_a_business_the_platform_let_through_asks_nothing(carriers, simulator, django_assert_num_queries):
    carriers.is_a2p_gate_off = True
    with django_assert_num_queries(0):
        assert not is_us_texting_closed()
    assert outcomes(text(US)) == [("sent", "")]


def test_emails_do_not_wait_for_it(carriers, simulator):
    (receipt,) = deliver(
        [Envelope(1, Channel.EMAIL, "gate-mail", "a@example.com", "Hello", subject="Hi", message_class=MessageClass.TRANSACTIONAL)]
    )
    assert receipt.outcome is Outcome.SENT


def test_a_campaign_does_not_start_and_says_what_to_do(carriers, campaign):
    with pytest.raises(BadCampaignInput, match="not registered yet.*nobody is lost"):
        start_campaign(campaign, actor=None)
    campaign.refresh_from_db()
    assert campaign.status == Campaign.Status.DRAFT
    set_us_texting(True)
    start_campaign(campaign, actor=None)


def test_approval_lost_in_the_middle_pauses_and_nobody_loses_a_turn(carriers, campaign, simulator):
    set_us_texting(True)
    start_campaign(campaign, actor=None)
    set_us_texting(False)
    result = drain(Campaign.objects.get(pk=campaign.pk))
    campaign.refresh_from_db()
    assert "not registered yet" in result.paused_because and campaign.status == Campaign.Status.PAUSED
    assert set(Target.objects.filter(campaign=campaign).values_list("sms_status", flat=True)) == {"pending"}
    assert simulator.texts() == []
    set_us_texting(True)
    resume_campaign(campaign, actor=None)
    drain(Campaign.objects.get(pk=campaign.pk))
    assert len(simulator.texts()) == 10


def test_a_business_elsewhere_is_not_held_back_by_a_few_us_numbers(indian_tenant, settings, simulator):
    from campaigns.services import create_port_recovery_campaign, release_quiet_hours

    settings.SIMULATED_SMS = False
    for name, phone in (("Ann", US), ("Asha", INDIA)):
        register_customer(name=name, region="IN", phone_text=phone)
    campaign = create_port_recovery_campaign(created_by=None, name="gate-elsewhere")
    release_quiet_hours(campaign, actor=None)
    campaign.refresh_from_db()
    start_campaign(campaign, actor=None)
    drain(Campaign.objects.get(pk=campaign.pk))
    said = dict(Target.objects.filter(campaign=campaign).values_list("name", "sms_reason"))
    assert said["Ann"] == "a2p_not_registered" and said["Asha"] == ""


def test_a_list_without_us_numbers_is_not_held_back(carriers, campaign):
    Target.objects.filter(campaign=campaign).update(phone=None)
    assert registration_problem(campaign) == ""


def test_pages_say_it_before_the_start(carriers, owner, campaign):
    for path in ("/admin/port-recovery/", f"/admin/port-recovery/{campaign.pk}/"):
        page = owner.get(path).content.decode()
        assert "Texting in the US is not registered yet" in page and "/settings/a2p" in page
    set_us_texting(True)
    assert "not registered yet" not in owner.get("/admin/port-recovery/").content.decode()


def test_a_customer_who_cannot_be_texted_a_code_is_told_to_use_their_email(carriers, simulator):
    browser = Client(HTTP_HOST="shop.localhost")
    told = browser.post("/portal/sign-in", {"address": US, "other": "1"})
    assert "We cannot text codes for the moment. Use your email address instead." in told.content.decode()
    assert browser.post("/portal/sign-in", {"address": "ann@example.com", "other": "1"}).status_code == 302


@pytest.fixture
def operator(tenant, settings):
    """A browser of the platform's operator, on its own host."""
    settings.ALLOWED_HOSTS = ["*"]
    with schema_context("public"):
        introduce_platform(name="ServicePro", domain="platform.localhost")
        User.objects.filter(email="operator@platform.example").delete()
        made = User.objects.create_user(
            "operator@platform.example", "a-long-password", role=User.Role.OWNER, is_staff=True, is_superuser=True
        )
        client = Client(HTTP_HOST="platform.localhost")
        client.force_login(made, backend="django.contrib.auth.backends.ModelBackend")
    yield client
    with schema_context("public"):
        Tenant.objects.filter(pk=tenant.pk).update(is_a2p_gate_off=False)


def test_the_platform_opens_the_gate_for_a_business_and_it_is_written_down(operator, tenant):
    page = f"/admin/tenants/tenant/{tenant.pk}/change/"
    assert operator.get(page).status_code == 200
    assert operator.post(page, {"is_a2p_gate_off": "on", "name": "Another", "schema_name": "other"}).status_code == 302
    with schema_context("public"):
        changed = Tenant.objects.get(pk=tenant.pk)
        assert changed.is_a2p_gate_off and (changed.name, changed.schema_name) == (tenant.name, "shop")
        assert AuditEntry.objects.filter(action="a2p_gate_opened", subject="tenant:shop").exists()


def test_an_owner_never_sees_the_businesses_of_the_platform(owner, tenant):
    for path in ("/admin/tenants/tenant/", f"/admin/tenants/tenant/{tenant.pk}/change/"):
        assert owner.get(path).status_code in (403, 404)
    owner.post(f"/admin/tenants/tenant/{tenant.pk}/change/", {"is_a2p_gate_off": "on"})
    with schema_context("public"):
        assert not Tenant.objects.get(pk=tenant.pk).is_a2p_gate_off


def test_who_comes_new_registers_first(tenant):
    assert not Tenant(schema_name="x", name="x", region="US").is_a2p_gate_off
