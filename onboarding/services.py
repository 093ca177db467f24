"""Set up the demo businesses, and introduce them to the local simulator."""

import datetime
import json
import tempfile
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django_tenants.utils import tenant_context

from bookings.services import describe_catalog
from customers.selectors import customer_count
from customers.services import import_google_voice, record_inbound_message, register_customer
from loyalty.services import change_guardrails, guardrails
from messaging.selectors import line_numbers
from messaging.services import ensure_line
from messaging.types import Channel
from onboarding.demo_catalog import american_places, american_services, indian_places, indian_services
from onboarding.demo_invitation import set_up_invitation
from onboarding.demo_people import DemoPerson, american_customers, google_voice_page, indian_customers
from onboarding.demo_visits import set_up_visits
from servicepro.lib.tenancy import connection
from tenants.errors import UnknownTenant
from tenants.selectors import Tenant, each_tenant, public_url, tenant_by_schema
from tenants.services import describe_business, introduce_platform, provision_tenant

DEMO_PASSWORD = "demo-owner-2026"  # noqa: S105  the demo's own, shown on the screen
OWN_NUMBER = "+15125550100"


def set_up_demo() -> list[Tenant]:
    """Create the two demo businesses with their people where they are missing; a second call changes nothing."""
    connection.set_schema_to_public()
    introduce_platform(name="ServicePro platform", domain="platform.localhost")
    root = _business("cleanmachine", "Clean Machine Auto Detail", "localhost", "US", "owner@cleanmachine.example")
    with tenant_context(root):
        _ask_for_a_main_service()
        _fill(root, american_customers(), OWN_NUMBER, owner_name="Jody", address="400 Congress Ave, Austin, TX 78701")
        _conversations()
        describe_catalog(american_places(), american_services())
        set_up_visits()
    salon = _business("glamour", "Glamour Studio", "glamour.localhost", "IN", "owner@glamour.example")
    with tenant_context(salon):
        _fill(salon, indian_customers(), "+919812345670", owner_name="Meera", address="12 MG Road, Bengaluru 560001")
        describe_catalog(indian_places(), indian_services())
        set_up_visits()
        set_up_invitation()
    return [root, salon]


def _ask_for_a_main_service() -> None:
    """Let points of a business without customers need a main service; later its owner decides."""
    if not customer_count():
        change_guardrails(replace(guardrails(), require_core_service=True), actor=None)


def _business(schema: str, name: str, domain: str, region: str, owner_email: str) -> Tenant:
    try:
        return tenant_by_schema(schema)
    except UnknownTenant:
        return provision_tenant(
            schema=schema, name=name, domain=domain, region=region, owner_email=owner_email, owner_password=DEMO_PASSWORD
        )


def _fill(tenant: Tenant, people: list[DemoPerson], own_number: str, *, owner_name: str, address: str) -> None:
    """Add what the business has; people who are there already stay as they are."""
    owner_phone = "+15125550199" if tenant.region == "US" else "+919812345699"
    describe_business(owner_name=owner_name, postal_address=address, owner_phone=owner_phone)
    ensure_line(own_number, channel=Channel.WHATSAPP)
    if not ensure_line(own_number):
        return
    for person in people:
        register_customer(
            name=person.name, region=tenant.region, phone_text=person.phone, email=person.email, source="demo", **person.flags
        )


def _conversations() -> None:
    """Add people who only ever texted: some on Twilio, some in an old Google Voice account."""
    now = timezone.now()
    for number in range(12):
        record_inbound_message(
            source="twilio",
            from_e164=f"+1830555{100 + number:04d}",
            body="Do you have anything open this Saturday?",
            provider_id=f"SMdemo{number}",
            occurred_at=now - datetime.timedelta(days=number + 2),
        )
    with tempfile.TemporaryDirectory() as folder:
        calls = Path(folder) / "Voice" / "Calls"
        calls.mkdir(parents=True)
        for number in range(12):
            phone, name = f"+1361555{100 + number:04d}", f"Voice Friend {number + 1}"
            text = google_voice_page(name, phone, [("2021-01-22T01:33:43.000-06:00", "them", "Hi, did you get my message?")])
            (calls / f"{name} - Text - 2021-01-22T01_33_43Z.html").write_text(text)
        import_google_voice(Path(folder), region="US", own_numbers=frozenset({OWN_NUMBER}))


def connect_simulator() -> bool:
    """Tell the local simulator where each business wants its texts and email events; return whether it listened."""
    try:
        for tenant in each_tenant():
            base = public_url(tenant)
            numbers = [*line_numbers(), *(f"whatsapp:{number}" for number in line_numbers(Channel.WHATSAPP))]
            for number in numbers:
                _tell("numbers", {"number": number, "inboundUrl": f"{base}/api/webhooks/twilio/inbound"})
            _tell("sendgrid-webhook", {"url": f"{base}/api/webhooks/sendgrid/events"})
    except urllib.error.URLError:
        return False
    return True


def _tell(what: str, payload: dict[str, str]) -> None:
    request = urllib.request.Request(  # noqa: S310  the simulator's own address
        f"{settings.SIMULATOR_URL}/control/{what}", json.dumps(payload).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=5):  # noqa: S310
        return
