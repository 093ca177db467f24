"""The wizard's pages and its answer over the API, from what the business really has."""

import datetime
import itertools

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import schema_context

from a2p.models import A2pCampaign
from a2p.services import campaign_row
from bookings.models import OpeningHours, Place, Service
from campaigns.models import Campaign
from customers.services import register_customer
from messaging.models import CallRouting, Line
from onboarding.setup.steps import KEYS
from tenants.accounts.models import User
from tenants.business.models import BusinessSettings
from tenants.services import create_api_token
from tests.support.browsing import signed_in

URL, API = "/setup-wizard/", "/api/admin/setup-wizard/status"
SERVICE = "MG" + "5" * 32
Status = A2pCampaign.Status
STATES = (None, *Status.values)
NOTHING = {"business": 3, "services": 3, "customers": 1, "campaign": 1}


def asked(client: Client) -> dict:
    answer = client.get(API)
    assert answer.status_code == 200, answer.content
    return answer.json()


def step_of(client: Client, key: str) -> dict:
    return next(step for step in asked(client)["steps"] if step["key"] == key)


def page_of(client: Client, key: str = "") -> str:
    answer = client.get(f"{URL}{key}/" if key else URL)
    assert answer.status_code == 200
    return answer.content.decode()


def with_registration(status: str | None, **more: object) -> None:
    if status is not None:
        campaign_row()
        A2pCampaign.objects.update(status=status, **more)


def without_number(settings: object) -> None:
    Line.objects.all().delete()
    settings.TWILIO_FROM_NUMBER = ""


def with_place(*, has_hours: bool = True, has_service: bool = True) -> Place:
    place = Place.objects.create(name=f"Place {Place.objects.count()}", time_zone="America/Chicago")
    if has_hours:
        OpeningHours.objects.create(place=place, weekday=0, opens_at=datetime.time(9), closes_at=datetime.time(17))
    if has_service:
        service = Service.objects.create(name=f"Wash {place.pk}", price_minor=5000, duration_minutes=60)
        service.places.add(place)
    return place


@pytest.fixture
def everything(owner):
    """A business that has it all."""
    Line.objects.update(messaging_service_sid=SERVICE)
    with_registration(Status.APPROVED, numbers_total=1, numbers_provisioned=1)
    with_place()
    register_customer(name="Ana", region="US", phone_text="+15125550142")
    Campaign.objects.create(kind="invitation", key="invitation-1", name="Spring", started_at=timezone.now(), status="completed")
    return owner


# what the wizard says


@pytest.mark.parametrize(("has_number", "has_service", "status"), list(itertools.product((False, True), (False, True), STATES)))
def test_the_api_tells_every_combination_as_it_is(owner, settings, has_number, has_service, status):
    if not has_number:
        without_number(settings)
    elif has_service:
        Line.objects.update(messaging_service_sid=SERVICE)
    with_registration(status)
    told, is_linked = asked(owner), has_number and has_service
    assert (told["hasPhoneNumber"], told["phoneNumber"]) == (has_number, "+15125550100" if has_number else None)
    assert (told["hasMessagingService"], told["messagingServiceSid"]) == (is_linked, SERVICE if is_linked else None)
    assert told["a2pStatus"] == status
    pieces = [(has_number, "PHONE_NUMBER"), (is_linked, "MESSAGING_SERVICE"), (status == "APPROVED", "A2P_APPROVAL")]
    missing = [piece for is_there, piece in pieces if not is_there]
    step = told["steps"][1]
    assert told["missingPieces"] == step["missingPieces"] == missing
    assert step["status"] == ("PARTIALLY_CONFIGURED" if missing else "COMPLETE")
    page = page_of(owner, "phone")
    for card in step["cards"]:
        assert card["title"].replace("&", "&amp;") in page
        assert card["text"].split(". ")[0].rstrip(".") in page


@pytest.mark.parametrize("status", [Status.REJECTED, Status.ERROR])
def test_what_was_refused_stands_on_the_card_as_text(owner, status):
    with_registration(status, trusthub_last_error="Add <b>how</b> people agree.")
    page = page_of(owner, "phone")
    assert "Add &lt;b&gt;how&lt;/b&gt; people agree." in page and "/settings/a2p/" in page
    assert step_of(owner, "phone")["cards"][2]["problem"] == "Add <b>how</b> people agree."


def test_an_old_error_is_not_shown_once_it_is_approved(owner):
    with_registration(Status.APPROVED, trusthub_last_error="It was refused.")
    assert "It was refused." not in page_of(owner, "phone")


@pytest.mark.parametrize(
    ("mode", "said"), [("ivr", "IVR menu"), ("voicemail", "Voicemail"), ("forward", "Direct forward"), (None, "Not decided yet")]
)
def test_the_card_of_calls_says_who_answers(owner, mode, said):
    if mode:
        CallRouting.objects.create(pk=1, mode=mode)
    page = page_of(owner, "phone")
    assert said in page and "Go to IVR Config" in page and 'href="/admin/ivr-config/"' in page


def test_the_registrations_own_service_counts_once_every_number_is_in_it(owner):
    with_registration(Status.APPROVED, messaging_service_sid=SERVICE, numbers_total=0)
    assert asked(owner)["missingPieces"] == ["MESSAGING_SERVICE"]
    A2pCampaign.objects.update(numbers_total=1, numbers_provisioned=1)
    told = asked(owner)
    assert (told["messagingServiceSid"], told["missingPieces"], told["steps"][1]["status"]) == (SERVICE, [], "COMPLETE")
    Line.objects.create(phone="+15125550101", channel="sms")
    assert asked(owner)["hasMessagingService"] is False


# the other steps


def test_a_new_business_lacks_everything_but_what_it_has(owner, settings):
    without_number(settings)
    BusinessSettings.objects.update(owner_name="", owner_phone=None, postal_address=" ")
    steps = {step["key"]: step for step in asked(owner)["steps"]}
    assert list(steps) == list(KEYS) and [step["number"] for step in steps.values()] == [1, 2, 3, 4, 5]
    assert {key: len(steps[key]["missingPieces"]) for key in NOTHING} == NOTHING
    assert {steps[key]["status"] for key in NOTHING} == {"NOT_STARTED"}
    page = page_of(owner)
    assert "<b>0 of 5</b> steps are complete" in page and "Continue with step 1: Business" in page


def test_a_business_that_has_everything_is_complete(everything):
    told = asked(everything)
    assert {step["status"] for step in told["steps"]} == {"COMPLETE"} and told["missingPieces"] == []
    page = page_of(everything)
    assert "<b>5 of 5</b>" in page and "Everything is set up." in page and "Continue with" not in page


@pytest.mark.parametrize(
    ("field", "piece"), [("owner_name", "OWNER_NAME"), ("owner_phone", "OWNER_PHONE"), ("postal_address", "POSTAL_ADDRESS")]
)
def test_the_business_is_complete_when_the_owner_said_who_they_are(owner, field, piece):
    assert step_of(owner, "business")["status"] == "COMPLETE"
    BusinessSettings.objects.update(**{field: None if field == "owner_phone" else ""})
    step = step_of(owner, "business")
    assert (step["status"], step["missingPieces"]) == ("PARTIALLY_CONFIGURED", [piece])


def test_the_owners_own_phone_is_masked(owner):
    assert "+15125550199" not in page_of(owner, "business") and "+1512•••0199" in page_of(owner, "business")


@pytest.mark.parametrize(
    ("has_hours", "has_service", "missing"),
    [(True, True, []), (False, True, ["OPENING_HOURS"]), (True, False, ["SERVICE"]), (False, False, ["OPENING_HOURS", "SERVICE"])],
)
def test_services_can_be_booked_at_a_place_with_hours(owner, has_hours, has_service, missing):
    with_place(has_hours=has_hours, has_service=has_service)
    assert step_of(owner, "services")["missingPieces"] == missing


def test_hours_here_and_services_there_are_not_enough(owner):
    with_place(has_hours=False)
    with_place(has_service=False)
    assert len(step_of(owner, "services")["missingPieces"]) == 1
    with_place()
    assert step_of(owner, "services")["status"] == "COMPLETE"
    Place.objects.update(is_active=False)
    assert step_of(owner, "services")["missingPieces"] == ["PLACE", "OPENING_HOURS", "SERVICE"]


def test_the_first_campaign_counts_once_it_was_started(owner):
    assert step_of(owner, "campaign")["status"] == "NOT_STARTED"
    draft = Campaign.objects.create(kind="messaging", key="messaging-1", name="News")
    step = step_of(owner, "campaign")
    assert (step["status"], step["cards"][0]["link"]) == ("PARTIALLY_CONFIGURED", "/admin/messages/")
    draft.status = "cancelled"
    draft.save()
    assert step_of(owner, "campaign")["status"] == "NOT_STARTED"
    Campaign.objects.update(started_at=timezone.now())
    assert step_of(owner, "campaign")["status"] == "COMPLETE"


# the way through it


def test_an_unfinished_step_keeps_nobody_from_going_on(owner):
    for here, following in itertools.pairwise(KEYS):
        assert f'href="{URL}{following}/">Continue</a>' in page_of(owner, here)
        assert f'href="{URL}{here}/">Back</a>' in page_of(owner, following)
    assert "Partially configured" in page_of(owner, "phone")


def test_every_link_of_the_wizard_opens(owner, settings):
    found = set()
    for turn in range(2):
        found |= {card["link"] for step in asked(owner)["steps"] for card in step["cards"] if card["link"]}
        without_number(settings)
        with_place()
        register_customer(name="Ana", region="US", phone_text="+15125550142")
        Campaign.objects.create(kind="port_recovery", key=f"port-recovery-{turn}", name="Sorry")
    assert len(found) >= 8
    assert {link: owner.get(link).status_code for link in found} == dict.fromkeys(found, 200)


def test_the_address_works_as_it_is_said(owner):
    assert owner.get("/setup-wizard")["Location"] == URL
    assert owner.get("/setup-wizard/phone")["Location"] == f"{URL}phone/"


def test_the_menu_leads_to_it(owner):
    assert 'href="/setup-wizard/"' in owner.get("/admin/").content.decode()


def test_looking_begins_no_registration(owner):
    for path in (URL, f"{URL}phone/", API):
        owner.get(path)
    assert not A2pCampaign.objects.exists()


# who may look


@pytest.mark.parametrize("role", ["manager", "staff"])
def test_only_owners_see_it(tenant, owner, role):
    User.objects.create_user("setup@shop.example", "a-long-password", is_staff=True, role=role)
    colleague = signed_in("setup@shop.example")
    assert {colleague.get(path).status_code for path in (URL, *(f"{URL}{key}/" for key in KEYS), API)} == {403}
    assert 'href="/setup-wizard/"' not in colleague.get("/admin/").content.decode()


def test_strangers_are_sent_to_sign_in(tenant):
    stranger = Client(HTTP_HOST="shop.localhost")
    assert stranger.get(f"{URL}phone/")["Location"].startswith("/admin/login/")
    assert stranger.get(API).status_code == 401


def test_a_key_needs_the_scope(owner):
    actor = User.objects.get(email="owner@shop.example")
    for scope, status in (("registration:read", 200), ("customers:read", 403)):
        _token, key = create_api_token(actor=actor, name=scope, scopes=[scope])
        assert Client(HTTP_HOST="shop.localhost").get(API, headers={"Authorization": f"Bearer {key}"}).status_code == status


def test_the_neighbour_sees_their_own(everything, indian_tenant):
    with schema_context("salon"):
        neighbour = signed_in("owner@salon.example", "salon.localhost")
    told = asked(neighbour)
    assert (told["phoneNumber"], told["a2pStatus"], told["messagingServiceSid"]) == ("+919812345670", None, None)
    assert told["steps"][3]["status"] == "NOT_STARTED"
    assert everything.get(API, HTTP_HOST="salon.localhost").status_code == 401


def test_an_indian_business_is_not_asked_to_register_in_the_us(indian_tenant):
    told = asked(signed_in("owner@salon.example", "salon.localhost"))
    assert (told["missingPieces"], told["steps"][1]["status"]) == ([], "COMPLETE")
    assert "Only texts to US numbers need this." in told["steps"][1]["cards"][2]["text"]


def test_nothing_can_be_posted(owner):
    assert {owner.post(path).status_code for path in (URL, f"{URL}phone/", API)} == {405}
    assert owner.get(f"{URL}nowhere/").status_code == 404
