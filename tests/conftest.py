"""What every test may use: two businesses on a real database, a real Valkey, and the simulator over HTTP."""

import itertools
from collections.abc import Iterator

import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django_tenants.utils import tenant_context

from campaigns.models import Campaign
from customers.services import register_customer
from messaging.services import ensure_line
from servicepro.lib.collector import relax_collector
from tenants.business.models import BusinessSettings
from tenants.models import Tenant
from tenants.services import provision_tenant
from tests.support import workers
from tests.support.browsing import signed_in
from tests.support.simulator import SimulatorProcess

OWN_NUMBER = "+15125550100"
_numbers = itertools.count(1)
TRUNCATED = (
    "a2p_attemptevent", "a2p_attempt", "a2p_a2pcampaign", "a2p_brand",
    "accounts_auditentry", "accounts_apitoken", "portal_signincode", "portal_portalsession", "bookings_bookingnotice", "bookings_bookingline", "bookings_booking",
    "bookings_service_places", "bookings_service", "bookings_openinghours", "bookings_closure", "bookings_place_owners", "bookings_place", "campaigns_target", "campaigns_campaign", "campaigns_segment", "customers_personaldataaccess",
    "customers_joinevidence", "customers_contactchange", "customers_consentchange", "customers_softbounce", "customers_consentevent", "customers_message", "customers_participant", "customers_conversation", "loyalty_offeruse", "loyalty_offercode", "loyalty_welcomeoffer", "loyalty_adjustmentrequest", "loyalty_ledgerfigures", "loyalty_pointstransaction", "customers_suppression",
    "customers_mergeevidence", "customers_mergeproposal", "customers_customermerge", "customers_importrow", "customers_customer",
    "customers_importbatch", "customers_erasurecertificate", "messaging_copyremoval", "messaging_providerevent", "messaging_line", "messaging_ustexting", "messaging_callrouting", "messaging_menuoption", "messaging_numberrequest",
    "django_admin_log", "accounts_user_groups", "accounts_user_user_permissions",
)  # fmt: skip
LEDGER = ("port_recovery_sms_sends", "email_sends", "whatsapp_sends")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse workers that would share one database; let passwords cost little in this process."""
    if config.getoption("numprocesses", None):
        raise pytest.UsageError("-n gives workers no servers of their own: `make test` without ARGS does.")
    django_settings.PASSWORD_HASHERS = ["tests.support.passwords.QuickArgon2", *django_settings.PASSWORD_HASHERS]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, and leave what stands now out of every collection to come."""
    workers.sort(items)
    relax_collector()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Share files, not single tests."""
    return workers.share(config, log)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """Make the test database once: public schema, template, two businesses."""
    from django.core.management import call_command

    name = django_settings.DATABASES["default"]["TEST"]["NAME"]
    with django_db_blocker.unblock():
        creation = connection.creation
        creation._create_test_db(verbosity=0, autoclobber=True)
        connection.close()
        connection.settings_dict["NAME"] = name
        with connection.cursor() as cursor:  # nobody cuts this server's power: the drills have servers of their own
            cursor.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
        connection.close()
        call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
        for schema, title, domain, region in (
            ("shop", "Clean Machine Auto Detail", "shop.localhost", "US"),
            ("salon", "Glamour Studio", "salon.localhost", "IN"),
        ):
            provision_tenant(
                schema=schema,
                name=title,
                domain=domain,
                region=region,
                owner_email=f"owner@{schema}.example",
                owner_password="a-long-password",
            )
            Tenant.objects.filter(schema_name=schema).update(created_at="2026-01-01T00:00:00Z")
        yield
        connection.close()


def _clean(schema: str) -> None:
    """Empty a business in one round trip, which every test takes twice; a transaction for each table waits in no circle with others."""
    emptied = [f'DELETE FROM "{schema}".{table}' for table in TRUNCATED] + [f"DELETE FROM public.{table}" for table in LEDGER]
    emptied.append(f"DELETE FROM \"{schema}\".accounts_user WHERE email <> 'owner@{schema}.example'")
    statements = [f"BEGIN; {statement}; COMMIT" for statement in emptied]
    with connection.cursor() as cursor:
        cursor.execute("; ".join(["SET session_replication_role = replica", *statements, "SET session_replication_role = DEFAULT"]))


def _business(schema: str, own_number: str) -> Iterator[Tenant]:
    tenant = Tenant.objects.get(schema_name=schema)
    _clean(schema)
    with tenant_context(tenant):
        BusinessSettings.objects.all().delete()
        BusinessSettings.objects.create(
            pk=1, owner_name="Jody", postal_address="400 Congress Ave, Austin", owner_phone="+15125550199", unknown_consent="allow"
        )
        ensure_line(own_number, messages_per_second=5000)
        yield tenant
    connection.set_schema_to_public()
    _clean(schema)


@pytest.fixture
def database(transactional_db_without_flush: None) -> None:
    """Real commits on the real database."""


@pytest.fixture
def transactional_db_without_flush(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """Unblock the database; each business fixture cleans its own schema, which is far quicker than a flush."""
    with django_db_blocker.unblock():
        yield
        connection.set_schema_to_public()


@pytest.fixture
def tenant(database: None) -> Iterator[Tenant]:
    """A business in the US, its schema active and empty."""
    yield from _business("shop", OWN_NUMBER)


@pytest.fixture
def owner(tenant: Tenant) -> Client:
    """A browser of the owner, whom no limit of an earlier test keeps waiting."""
    redis.Redis.from_url(django_settings.REDIS_URL).flushdb()
    return signed_in()


@pytest.fixture
def indian_tenant(database: None) -> Iterator[Tenant]:
    """A business in India, its schema active and empty."""
    yield from _business("salon", "+919812345670")


@pytest.fixture(scope="session")
def simulator_process() -> Iterator[SimulatorProcess]:
    """The simulator, one process for the session."""
    simulator = SimulatorProcess()
    yield simulator
    simulator.stop()


@pytest.fixture
def simulator(simulator_process: SimulatorProcess, settings: object) -> Iterator[SimulatorProcess]:
    """The simulator, empty and well-behaved, with the application speaking to it."""
    simulator_process.reset()
    settings.TWILIO_API_BASE_URL = simulator_process.base_url
    settings.SENDGRID_API_BASE_URL = f"{simulator_process.base_url}/sendgrid"
    settings.SIMULATOR_URL = simulator_process.base_url
    settings.RECONCILE_GRACE_SECONDS = 0
    settings.PROVIDER_TIMEOUT_SECONDS = 1.0
    settings.A2P_SECONDS_BETWEEN_CALLS = 0.0
    redis.Redis.from_url(django_settings.REDIS_URL).flushdb()
    simulator_process.control("POST", "faults", {"callbacks": "off"})
    yield simulator_process
    simulator_process.reset()


@pytest.fixture
def people(tenant: Tenant) -> list[object]:
    """Ten plain customers, each with a phone and an email."""
    return [
        register_customer(name=f"Person {n}", region="US", phone_text=f"+1512555{200 + n:04d}", email=f"p{n}@example.com")
        for n in range(10)
    ]


@pytest.fixture
def campaign(people: list[object]) -> Campaign:
    """A draft for them, released from quiet hours."""
    from campaigns.services import create_port_recovery_campaign, release_quiet_hours

    made = create_port_recovery_campaign(created_by=None, name=f"apology-{next(_numbers)}")
    release_quiet_hours(made, actor=None)
    made.refresh_from_db()
    return made
