"""Who never got a customer record can ask as well, and what others wrote about a person goes with them."""

import json
import threading
from collections.abc import Callable

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from campaigns.models import Campaign, Target
from campaigns.services import create_port_recovery_campaign
from customers.errors import CannotErase, UnknownCustomer
from customers.models import Conversation, Customer, ErasureCertificate, ImportBatch, Message, Participant, PersonalDataAccess
from customers.services import confirm_import, erase_address, erase_person, export_address, preview_import, register_customer
from messaging.services import receive_text
from tenants.accounts.models import AuditEntry
from tenants.models import Tenant
from tenants.services import record_action
from tests.customers.traces import EMAIL, NAME, PHONE, traces
from tests.support.simulator import SimulatorProcess

ON_PAPER = "(512) 555-0142"
WAIT_SECONDS = 20


@pytest.fixture
def writer(tenant: Tenant) -> Message:
    """Somebody who only ever wrote to the business."""
    receive_text(from_e164=PHONE, body=f"Hi, this is {NAME}, write to {EMAIL}", provider_id="SM" + "a" * 32)
    Participant.objects.update(name=NAME)
    return Message.objects.get()


def test_who_only_wrote_is_erased_by_their_number(writer: Message):
    certificate = erase_address(ON_PAPER, actor=None, reason="asked")
    assert traces() == []
    assert certificate.record_ids == [] and certificate.erased["conversations"]["texts"] == 1
    assert not Customer.objects.exists()
    assert AuditEntry.objects.get(action="customer_erased").subject == f"certificate:{certificate.pk}"


def test_who_only_stands_on_a_campaigns_list_is_erased(tenant: Tenant):
    campaign = Campaign.objects.create(key="old", name="old", kind="port_recovery")
    Target.objects.create(campaign=campaign, name=NAME, phone=PHONE)
    Target.objects.create(campaign=campaign, name="Ana", email=EMAIL)
    erase_address(PHONE, actor=None, reason="asked")
    erase_address(EMAIL.upper(), actor=None, reason="asked")
    assert traces() == []
    assert set(Target.objects.values_list("sms_status", "sms_reason")) == {("skipped", "erased")}


def test_an_address_leads_to_the_record_where_there_is_one(tenant: Tenant):
    made = register_customer(name=NAME, phone_text=PHONE, email=EMAIL)
    certificate = erase_address(EMAIL, actor=None, reason="asked")
    assert certificate.record_ids == [made.pk] and traces() == []


def test_a_further_number_leads_to_the_record_too(tenant: Tenant):
    made = register_customer(name="Ana", phone_text="+15125550143")
    Customer.objects.filter(pk=made.pk).update(other_phones=json.dumps([PHONE]))
    assert erase_address(PHONE, actor=None, reason="asked").record_ids == [made.pk]
    assert traces() == []


def test_twice_is_harmless_and_said_in_words(writer: Message):
    erase_address(PHONE, actor=None, reason="asked")
    with pytest.raises(CannotErase, match="Nothing is held that names"):
        erase_address(PHONE, actor=None, reason="asked")
    assert ErasureCertificate.objects.count() == 1


@pytest.mark.parametrize("address", ["", "12", "nobody", "a@b", "@", "+15125550142 or so"])
def test_what_is_no_address_is_refused(tenant: Tenant, address: str):
    with pytest.raises(UnknownCustomer, match="neither a phone number nor an email"):
        erase_address(address, actor=None, reason="asked")
    with pytest.raises(UnknownCustomer, match="neither a phone number nor an email"):
        export_address(address, actor=None)


def test_who_has_no_record_gets_what_is_held_and_that_is_written_down(writer: Message):
    made = export_address(ON_PAPER, actor=None)
    assert made.file_name.startswith("customer-without-record-") and made.rows == 3
    look = PersonalDataAccess.objects.get()
    assert (look.action, look.customer_id, look.subject) == ("export", None, "somebody without a record")


def test_a_number_that_stands_as_a_number_in_a_document_goes_too(tenant: Tenant):
    made = register_customer(name=NAME, phone_text=PHONE)
    entry = record_action(None, "noted", "campaign:1", call=15125550142, list=[5125550142, 512555014299], deep={PHONE: 7, "n": 0.5})
    erase_person(made, actor=None, reason="asked")
    details = AuditEntry.objects.get(action="noted").details
    assert details == {"call": "[erased]", "list": ["[erased]", 512555014299], "deep": {"[erased]": 7, "n": 0.5}}, entry


def test_a_full_name_that_nobody_else_has_goes_wherever_it_stands(tenant: Tenant):
    made = register_customer(name="Zoë Silva-Brandão", phone_text=PHONE)
    receive_text(from_e164="+15125550143", body="Zoë  Silva-Brandão sent me", provider_id="SM" + "b" * 32)
    Customer.objects.create(name="Bob", phone="+15125550144", extra=json.dumps({"friend": "ZOË Silva-Brandão"}))
    record_action(None, "noted", "campaign:1", note="spoke to Zoë Silva-Brandão")
    erase_person(made, actor=None, reason="asked")
    assert traces() == []
    assert Message.objects.get().body == "[erased] sent me"


def test_a_name_that_somebody_else_has_stays_with_them(tenant: Tenant):
    made = register_customer(name=NAME, phone_text=PHONE)
    other = register_customer(name=NAME.upper(), phone_text="+15125550143")
    receive_text(from_e164="+15125550143", body=f"{NAME} here", provider_id="SM" + "b" * 32)
    erase_person(made, actor=None, reason="asked")
    other.refresh_from_db()
    assert (other.name, Message.objects.get().body) == (NAME.upper(), f"{NAME} here")


def test_a_first_name_alone_is_nobodys(tenant: Tenant):
    made = register_customer(name="Ana", phone_text=PHONE)
    receive_text(from_e164="+15125550143", body="Ana here", provider_id="SM" + "b" * 32)
    erase_person(made, actor=None, reason="asked")
    assert Message.objects.get().body == "Ana here"


def test_their_number_leaves_the_further_numbers_of_others(tenant: Tenant):
    made = register_customer(name=NAME, phone_text=PHONE)
    bob = register_customer(name="Bob", phone_text="+15125550143")
    carl = register_customer(name="Carl", phone_text="+15125550144")
    Customer.objects.filter(pk=bob.pk).update(other_phones=json.dumps([PHONE, "+15125550145"]))
    Customer.objects.filter(pk=carl.pk).update(other_phones=json.dumps([PHONE]))
    erase_person(made, actor=None, reason="asked")
    bob.refresh_from_db()
    carl.refresh_from_db()
    assert (bob.name, json.loads(bob.other_phones), carl.other_phones) == ("Bob", ["+15125550145"], None)
    erase_person(bob, actor=None, reason="asked")
    assert ErasureCertificate.objects.count() == 2


def beside(tenant: Tenant, work: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """Start work in a thread with a connection of its own; what it returned or raised is in the list afterwards."""
    outcome: list[object] = []

    def run() -> None:
        try:
            with tenant_context(tenant):
                outcome.append(work())
        except Exception as error:  # noqa: BLE001  the test looks at it
            outcome.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, outcome


def waits_for_us() -> bool:
    with connection.cursor() as cursor:  # pg_stat_activity stands still within a transaction, pg_locks does not
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))")
        return cursor.fetchone()[0]


def until_it_waits(thread: threading.Thread) -> None:
    pause = threading.Event()
    for _turn in range(WAIT_SECONDS * 50):
        if waits_for_us() or not thread.is_alive():
            break
        pause.wait(0.02)
    assert thread.is_alive(), "nothing waited for the other"


def test_two_who_erase_the_same_person_at_once_make_one_certificate(writer: Message, tenant: Tenant):
    threads = [beside(tenant, lambda: erase_address(PHONE, actor=None, reason="asked")) for _turn in range(4)]
    for thread, _outcome in threads:
        thread.join(WAIT_SECONDS)
    outcomes = [outcome[0] for _thread, outcome in threads]
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["CannotErase"] * 3 + ["ErasureCertificate"]
    assert traces() == []


def test_a_text_that_is_just_being_kept_is_erased_with_the_rest(writer: Message, tenant: Tenant):
    with transaction.atomic():
        receive_text(from_e164=PHONE, body=f"{NAME} again", provider_id="SM" + "c" * 32)
        thread, outcome = beside(tenant, lambda: erase_address(PHONE, actor=None, reason="asked"))
        until_it_waits(thread)
    thread.join(WAIT_SECONDS)
    assert isinstance(outcome[0], ErasureCertificate)
    assert traces() == [] and Message.objects.count() == 2


def test_a_text_that_arrives_while_they_are_erased_begins_a_new_conversation(writer: Message, tenant: Tenant):
    def text() -> object:
        return receive_text(from_e164=PHONE, body="hello", provider_id="SM" + "c" * 32)

    with transaction.atomic():
        erase_address(PHONE, actor=None, reason="asked")
        thread, _outcome = beside(tenant, text)
        until_it_waits(thread)
    thread.join(WAIT_SECONDS)
    assert Conversation.objects.count() == 2
    assert Participant.objects.filter(phone=PHONE).count() == 1


def test_a_campaign_made_while_they_are_erased_does_not_list_them(tenant: Tenant):
    made = register_customer(name=NAME, phone_text=PHONE)
    register_customer(name="Bob", phone_text="+15125550143")
    with transaction.atomic():
        erase_person(made, actor=None, reason="asked")
        thread, outcome = beside(tenant, lambda: create_port_recovery_campaign(created_by=None, name="beside"))
        until_it_waits(thread)
    thread.join(WAIT_SECONDS)
    assert isinstance(outcome[0], Campaign), outcome
    assert list(Target.objects.values_list("name", flat=True)) == ["Bob"] and traces() == []


def test_a_list_confirmed_while_they_are_erased_brings_them_back_no_more(tenant: Tenant, simulator: SimulatorProcess):
    made = register_customer(name=NAME, phone_text=PHONE)
    batch = preview_import(content=f"Name,Phone,Email\n{NAME},{PHONE},{EMAIL}\n".encode(), file_name="p.csv", actor=None)
    with transaction.atomic():
        erase_person(made, actor=None, reason="asked")
        thread, _outcome = beside(tenant, lambda: confirm_import(batch, None))
        until_it_waits(thread)
    thread.join(WAIT_SECONDS)
    assert traces() == []


def test_a_list_planned_while_they_are_erased_names_no_record_of_theirs(tenant: Tenant, simulator: SimulatorProcess):
    made = register_customer(name=NAME, phone_text=PHONE)
    content = b"Name,Phone,Notes\nA friend,+15125550142,tea\n"
    with transaction.atomic():
        erase_person(made, actor=None, reason="asked")
        thread, outcome = beside(tenant, lambda: preview_import(content=content, file_name="p.csv", actor=None))
        until_it_waits(thread)
    thread.join(WAIT_SECONDS)
    assert isinstance(outcome[0], ImportBatch), outcome
    assert list(outcome[0].rows.values_list("outcome", "customer")) == [("new", None)]


@pytest.mark.parametrize("status", ["queued", "processing"])
def test_who_is_being_imported_cannot_be_erased_in_that_moment(tenant: Tenant, simulator: SimulatorProcess, status: str):
    made = register_customer(name=NAME, phone_text=PHONE)
    batch = preview_import(content=f"Name,Phone\n{NAME},{PHONE}\n".encode(), file_name="p.csv", actor=None)
    type(batch).objects.filter(pk=batch.pk).update(status=status)
    with pytest.raises(CannotErase, match="A list with this person is being imported just now. Try again when it is done."):
        erase_person(made, actor=None, reason="asked")
    made.refresh_from_db()
    assert made.name == NAME


def test_who_was_just_taken_by_a_worker_cannot_be_erased_until_it_is_done(tenant: Tenant):
    made = register_customer(name=NAME, phone_text=PHONE)
    campaign = create_port_recovery_campaign(created_by=None, name="taken")
    Target.objects.update(sms_status="in_doubt", email_status="skipped", updated_at=timezone.now())
    with connection.cursor() as cursor, pytest.raises(CannotErase, match="on its way"):
        held, release = threading.Event(), threading.Event()

        def drain_elsewhere() -> None:
            from campaigns.services.drain import _only_drain

            with _only_drain(campaign):
                held.set()
                release.wait(WAIT_SECONDS)

        thread, _outcome = beside(tenant, drain_elsewhere)
        held.wait(WAIT_SECONDS)
        cursor.execute("SELECT 1")
        try:
            erase_person(made, actor=None, reason="asked")
        finally:
            release.set()
            thread.join(WAIT_SECONDS)
    erase_person(made, actor=None, reason="asked")  # the worker is gone and never called
    assert Target.objects.get().sms_status == "skipped"
