"""Who may ask the API what: every operation of its description, every kind of caller, and the neighbour."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
import redis
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from django_tenants.utils import schema_context

from a2p.models import A2pCampaign
from a2p.services import campaign_row
from bookings.models import Booking, BookingLine, Service
from campaigns.models import Campaign, Target
from campaigns.services import create_invitation_campaign
from campaigns.types import Audience, InvitationDraft
from customers.models import Customer, ImportBatch
from customers.services import Upload, plan_import
from loyalty.models import WelcomeOffer
from loyalty.services import create_offer
from loyalty.types import OfferWish
from portal.services import AppSession, CustomerSession
from portal.services.access import AnyApp
from servicepro.api import api
from tenants.accounts.models import User
from tenants.services import create_api_token
from tenants.types import ApiScope
from tests.campaigns.messaging_shop import CONTENT, a_place, agreed, another_owner, asking
from tests.conformance.walk import fingerprint

# What a part of an address may stand for; an operation with one that is not here fails the walk until somebody adds it.
PROVIDERS: dict[str, Callable[[str], str]] = {
    "campaignId": lambda path: str(Campaign.objects.filter(kind=_kind(path)).earliest("pk").pk),
    "recipientId": lambda _path: str(Target.objects.filter(campaign__kind="messaging").earliest("pk").pk),
    "batchId": lambda _path: str(ImportBatch.objects.latest("created_at").pk),
    "customerId": lambda _path: str(Customer.objects.earliest("pk").pk),
    "offerId": lambda _path: str(WelcomeOffer.objects.earliest("pk").pk),
    "registrationId": lambda _path: str(A2pCampaign.objects.values_list("pk", flat=True).first() or 1),
}
MESSAGING = "/api/campaigns/"
OPEN_TO_ANY_KEY = {"whoAmI"}


@dataclass(frozen=True, slots=True)
class Call:
    """One operation with values of a business in its address and a body that would be taken."""

    name: str
    method: str
    path: str
    scope: str | None
    names_an_object: bool
    is_for_customers: bool
    is_for_apps: bool
    body: dict[str, object]

    @property
    def is_for_owners(self) -> bool:
        """Whether owners and their programs make this call."""
        return not (self.is_for_customers or self.is_for_apps)

    def make(self, client: Client, **headers: str) -> int:
        """Make the call and return the status."""
        return client.generic(self.method, self.path, headers=headers, **self.body).status_code


def _kind(path: str) -> str:
    return "messaging" if path.startswith(MESSAGING) else "invitation"


def fill_in(path: str) -> str:
    for need in re.findall(r"{(\w+)}", path):
        assert need in PROVIDERS, f"{path} needs a provider for “{need}”"
        path = path.replace(f"{{{need}}}", PROVIDERS[need](path))
    return path


def _body(operation: dict) -> dict[str, object]:
    content = operation.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        data = (
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nName,Phone\r\nAna,+15125550142\r\n\r\n--b--\r\n'
        )
        return {"data": data, "content_type": "multipart/form-data; boundary=b"}
    if "application/json" in content:
        return {"data": json.dumps(content["application/json"]["example"]), "content_type": "application/json"}
    return {}


def every_call() -> list[Call]:
    """Return every operation, ready to be called in the active business."""
    guards = {
        operation.operation_id: operation.auth_callbacks[0]
        for router in api._get_bound_routers()
        for view in router.path_operations.values()
        for operation in view.operations
    }
    return [
        Call(
            name=operation["operationId"],
            method=method.upper(),
            path=fill_in(path),
            scope=guards[operation["operationId"]].scope,
            names_an_object="{" in path,
            is_for_customers=isinstance(guards[operation["operationId"]], CustomerSession),
            is_for_apps=isinstance(guards[operation["operationId"]], AppSession | AnyApp),
            body=_body(operation),
        )
        for path, methods in json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/")))["paths"].items()
        for method, operation in methods.items()
    ]


def client(host: str, email: str = "", **how: bool) -> Client:
    made = Client(HTTP_HOST=host, raise_request_exception=False, **how)
    if email:
        made.force_login(User.objects.get(email=email))
    return made


def bearer(*scopes: str, email: str = "owner@shop.example") -> dict[str, str]:
    _token, text = create_api_token(actor=User.objects.get(email=email), name="walk", scopes=scopes)
    return {"Authorization": f"Bearer {text}"}


def untouched(schema: str = "shop") -> dict[str, str]:
    """Return the fingerprint without the keys themselves, which note when they were used, and the record of looks."""
    return {
        table: sum_
        for table, sum_ in fingerprint(schema).items()
        if not table.endswith(("apitoken", "auditentry", "dataaccess", "accounts_user"))
    }


@pytest.fixture(autouse=True)
def endless(settings: object) -> None:
    settings.API_REQUESTS_PER_MINUTE = 10_000
    redis.Redis.from_url(django_settings.REDIS_URL).flushdb()


def written_to_later() -> None:
    """Have a messaging campaign with somebody on its list, on the calendar."""
    agreed(1)
    wash = Service.objects.create(name="Wash of the walk", price_minor=5_000, duration_minutes=60)
    for booking in Booking.objects.filter(lines=None):  # the portal's walk opens what was booked
        BookingLine.objects.create(booking=booking, service=wash, name=wash.name, category="core", price_minor=5_000, duration_minutes=60)
    config = CONTENT | {"scheduledSendTime": (timezone.now() + timedelta(days=30)).isoformat()}
    status, made = asking()("POST", name="News", placeIds=[a_place().pk], messagingConfig=config, recipients={"allMatching": True})
    assert status == 201, made


@pytest.fixture
def filled(campaign: Campaign) -> Iterator[list[Call]]:
    """A business with one of everything, and every call of owners and their programs into it."""
    for role in ("manager", "staff"):
        User.objects.get_or_create(email=f"api-{role}@shop.example", defaults={"role": role, "is_staff": True})
    plan_import(Upload(b"Name,Phone\nAna,+15125550199\n", "a.csv"))
    create_offer(OfferWish("First", True, 10), actor=None)
    campaign_row()
    create_invitation_campaign(
        actor=None, name="Spring", draft=InvitationDraft("sms", "{{download_link}} Reply STOP to opt out."), audience=Audience()
    )
    written_to_later()
    yield [call for call in every_call() if call.is_for_owners]
    User.objects.filter(email__startswith="api-", role__in=("manager", "staff")).delete()


def test_a_stranger_is_refused_everywhere(filled):
    before, stranger = untouched(), client("shop.localhost")
    assert {call.name: status for call in filled if (status := call.make(stranger)) != 401} == {}
    assert untouched() == before


@pytest.mark.parametrize("role", ["staff", "manager"])
def test_only_owners_use_the_api(filled, role):
    before, colleague = untouched(), client("shop.localhost", f"api-{role}@shop.example")
    assert {call.name: status for call in filled if (status := call.make(colleague)) != 403} == {}
    assert untouched() == before


def test_a_key_without_the_scope_is_refused(filled):
    before = untouched()
    keys = {lacked: bearer(*(str(scope) for scope in ApiScope if scope != lacked)) for lacked in ApiScope}
    for call in filled:
        if call.name not in OPEN_TO_ANY_KEY:
            assert call.scope is not None, f"{call.name} is open to every key"
            assert call.make(client("shop.localhost"), **keys[ApiScope(call.scope)]) == 403, call.name
    assert untouched() == before


def test_a_page_of_another_site_cannot_act_for_the_owner(filled):
    before, lured = untouched(), client("shop.localhost", "owner@shop.example", enforce_csrf_checks=True)
    changing = [call for call in filled if call.method not in ("GET", "HEAD")]
    assert {call.name: status for call in changing if (status := call.make(lured)) != 403} == {}
    assert untouched() == before


def test_a_key_of_the_neighbour_opens_nothing_here(filled, indian_tenant):
    with schema_context("salon"):
        theirs = bearer(*ApiScope, email="owner@salon.example")
    before = untouched()
    assert {call.name: status for call in filled if (status := call.make(client("shop.localhost"), **theirs)) != 401} == {}
    assert untouched() == before


def test_the_neighbour_finds_nothing_of_ours_and_changes_nothing(filled, indian_tenant):
    """The neighbour calls its own host with our ids."""
    with schema_context("salon"):
        theirs = bearer(*ApiScope, email="owner@salon.example")
    before = untouched()
    named = [call for call in filled if call.names_an_object]
    assert {call.name: status for call in named if (status := call.make(client("salon.localhost"), **theirs)) != 404} == {}
    assert untouched() == before


def test_another_owner_of_the_business_finds_no_campaign_to_customers_of_a_place_that_is_not_theirs(filled):
    a_place().owners.add(User.objects.get(email="owner@shop.example"))
    theirs = bearer(*ApiScope, email=another_owner().email)
    before = untouched()
    named = [call for call in filled if call.names_an_object and call.path.startswith(MESSAGING)]
    assert len(named) > 10
    assert {call.name: status for call in named if (status := call.make(client("shop.localhost"), **theirs)) != 404} == {}
    assert untouched() == before


def test_a_made_up_id_is_not_found_and_not_our_fault(filled):
    everything = bearer(*ApiScope)
    for call in filled:
        if call.names_an_object:
            for made_up in ("0", "9" * 30, "00000000-0000-4000-8000-000000000000", "..", "%00", "é"):
                spoilt = re.sub(r"/[0-9a-f-]{36}(?=/|$)|/\d+(?=/|$)", f"/{made_up}", call.path)
                status = client("shop.localhost").generic(call.method, spoilt, headers=everything, **call.body).status_code
                assert status in (400, 404, 405), (call.name, spoilt, status)


def test_every_door_tells_who_asks_too_often_when_to_come_back(filled, settings):
    settings.API_REQUESTS_PER_MINUTE = 1
    keys = {scope: bearer(str(scope)) for scope in ApiScope}
    doors = [(call, keys[ApiScope(call.scope or ApiScope.CUSTOMERS_READ)]) for call in filled]
    doors += [(call, {"Authorization": "Bearer wrong"}) for call in filled]
    for call, headers in doors:
        redis.Redis.from_url(django_settings.REDIS_URL).flushdb()
        program = client("shop.localhost")
        call.make(program, **headers)
        answer = program.generic(call.method, call.path, headers=headers, **call.body)
        assert answer.status_code == 429 and 1 <= int(answer["Retry-After"]) <= 60, (call.name, answer.status_code)


def test_looking_changes_nothing(filled):
    before, everything = untouched(), bearer(*ApiScope)
    for call in filled:
        if call.method == "GET":
            assert call.make(client("shop.localhost"), **everything) < 500, call.name
    assert untouched() == before
