"""A person who is erased is found nowhere, and every sum stands."""

import json

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from campaigns.models import Target
from campaigns.services import create_port_recovery_campaign, drain, release_quiet_hours, start_campaign
from customers.errors import CannotErase
from customers.models import (
    ConsentEvent,
    Conversation,
    Customer,
    ErasureCertificate,
    ImportBatch,
    MergeProposal,
    Message,
    Participant,
    Suppression,
)
from customers.selectors import customer_count
from customers.services import (
    apply_import,
    confirm_import,
    customer_named,
    dismiss_proposal,
    erase_person,
    error_report,
    export_customers,
    merge_customers,
    preview_import,
    propose_merges,
    provider_copies,
    record_inbound_message,
    register_customer,
    suppress,
    undo_import,
)
from loyalty.selectors import drifting_balances
from messaging.models import CopyRemoval
from messaging.services import receive_text
from messaging.types import Channel
from servicepro.lib.fields import phone_tag
from tenants.accounts.models import AuditEntry, User
from tenants.services import record_action
from tests.customers.traces import EMAIL, NAME, PG_DUMP, PHONE, TRACES, decrypted, traces


def ledger(schema: str = "shop") -> list[tuple]:
    with connection.cursor() as cursor:
        rows = []
        for table in ("port_recovery_sms_sends", "email_sends"):
            cursor.execute(f"SELECT * FROM public.{table} WHERE tenant_id = %s ORDER BY id", [schema])
            rows += cursor.fetchall()
        return rows


def points() -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT customer_id, sum(points), count(*) FROM loyalty_pointstransaction GROUP BY 1 ORDER BY 1")
        return cursor.fetchall()


def blast(name: str) -> None:
    """Send everybody the apology."""
    campaign = create_port_recovery_campaign(created_by=None, name=name)
    release_quiet_hours(campaign, actor=None)
    campaign.refresh_from_db()
    start_campaign(campaign, actor=None)
    drain(campaign)


def bring(text: str, *, confirm: bool = True) -> ImportBatch:
    """Import a list."""
    batch = preview_import(content=text.encode(), file_name="people.csv", actor=None)
    if confirm:
        confirm_import(batch, None)
        apply_import(batch)
    batch.refresh_from_db()
    return batch


@pytest.fixture
def ana(tenant, simulator) -> Customer:
    """Somebody with a bit of everything: records, texts in and out, a campaign, points, an audit trail, mentions elsewhere."""
    made = register_customer(name=NAME, region="US", phone_text=PHONE, email=EMAIL)
    register_customer(name="A. Silva", email=EMAIL, phone_text="0142 ext. 5")
    register_customer(name="Bob", region="US", phone_text="+15125550143", email="bob@example.com")
    receive_text(from_e164=PHONE, body="Hi, this is Ana Silva, call 512-555-0142", provider_id="SM" + "a" * 32)
    receive_text(from_e164="+15125550143", body="Ask my friend at (512) 555.0142 or ANA.SILVA@example.com", provider_id="SM" + "b" * 32)
    group = Conversation.objects.create(source="google_voice_import", external_key="group", is_group=True)
    for phone, name in ((PHONE, NAME), ("+15125550143", "Bob")):
        Participant.objects.create(conversation=group, phone=phone, name=name)
    for number, body in enumerate(("Lunch?", "Ana Silva is late", "ok")):
        Message.objects.create(
            conversation=group, direction="inbound", source="google_voice", body=body, occurred_at=timezone.now(), external_key=str(number)
        )
    blast("first")
    bring(f"Name,Phone,Email,Notes\n{NAME},512.555.0142,{EMAIL},likes Silva coffee\nNobody,12,{EMAIL},x\nCarl,+15125550144,,\n")
    record_action(None, "customer_renamed", f"customer:{made.pk}", old="Ana Silva", count=1)
    record_action(None, "noted", "campaign:1", note="spoke to 512 555 0142")
    return made


@pytest.mark.skipif(not PG_DUMP.exists(), reason="the embedded server's pg_dump is not installed")
def test_a_search_of_the_whole_database_finds_neither_phone_nor_email_nor_name(ana):
    assert traces()
    erase_person(ana, actor=None, reason="asked")
    assert traces() == []


def test_the_ledgers_keep_every_row_and_every_sum(ana):
    sends, sums = ledger(), points()
    assert len(sends) == 4 and sum(total for _customer, total, _count in sums) == 1000
    erase_person(ana, actor=None, reason="asked")
    assert ledger() == sends and points() == sums
    assert drifting_balances() == []
    ana.refresh_from_db()
    assert ana.loyalty_points_balance == 500


def test_all_records_of_the_person_are_emptied_and_nobody_elses(ana):
    certificate = erase_person(ana, actor=None, reason="asked")
    emptied = Customer.objects.filter(erased_as=certificate.pk)
    assert emptied.count() == 2
    assert {(record.name, record.phone, record.email, record.opted_out) for record in emptied} == {("", None, None, True)}
    bob = customer_named(phone_text="+15125550143")
    assert (bob.name, bob.email) == ("Bob", "bob@example.com")


def test_texts_with_them_are_empty_and_texts_of_others_lose_only_the_address(ana):
    erase_person(ana, actor=None, reason="asked")
    bodies = [body for body in Message.objects.order_by("pk").values_list("body", flat=True) if body]
    assert bodies == ["Ask my friend at [erased] or [erased]", "Lunch?", "[erased]", "ok"]


def test_a_namesake_keeps_their_record(ana):
    other = register_customer(name=NAME, region="US", phone_text="+15125550177", email="another@example.com")
    erase_person(ana, actor=None, reason="asked")
    other.refresh_from_db()
    assert (other.name, other.phone) == (NAME, "+15125550177")


def test_a_longer_address_that_contains_theirs_stays(ana):
    other = register_customer(name="Joana", email="jo" + EMAIL, region="US", phone_text="+15125550178")
    erase_person(ana, actor=None, reason="asked")
    other.refresh_from_db()
    assert other.email == "jo" + EMAIL


def test_the_same_person_at_another_business_is_untouched(ana, indian_tenant):
    with tenant_context(indian_tenant):
        theirs = register_customer(name=NAME, phone_text=PHONE, region="US", email=EMAIL)
        record_inbound_message(source="twilio", from_e164=PHONE, body="Ana Silva", provider_id="SMx", occurred_at=timezone.now())
        before = sorted(decrypted("salon"))
    with schema_context("shop"):
        erase_person(ana, actor=None, reason="asked")
    with tenant_context(indian_tenant):
        theirs.refresh_from_db()
        assert (theirs.name, theirs.phone, theirs.email) == (NAME, PHONE, EMAIL)
        assert sorted(decrypted("salon")) == before


@pytest.mark.parametrize(
    ("refuse", "channels"),
    [
        (lambda: suppress(channel="sms", address=PHONE, reason="stop_keyword", event_key="e1"), {"sms"}),
        (lambda: suppress(channel="email", address=EMAIL, reason="unsubscribe", event_key="e2"), {"email"}),
        (lambda: Customer.objects.filter(phone=PHONE).update(sms_consent=False), {"sms"}),
        (lambda: Customer.objects.filter(phone=PHONE).update(whatsapp_consent=False), {"whatsapp"}),
        (lambda: suppress(channel="whatsapp", address=PHONE, reason="stop_keyword", event_key="e3"), {"whatsapp"}),
        (lambda: Customer.objects.filter(phone=PHONE).update(opted_out=True), {"sms", "whatsapp", "email"}),
        (lambda: None, set()),
    ],
)
def test_a_suppression_stays_where_they_ever_refused_and_only_there(ana, refuse, channels):
    refuse()
    erase_person(ana, actor=None, reason="asked")
    assert set(Suppression.objects.filter(lifted_at=None).values_list("channel", flat=True)) == channels


def test_a_refusal_that_was_lifted_holds_again_after_erasure(ana):
    receive_text(from_e164=PHONE, body="STOP", provider_id="SM" + "c" * 32)
    receive_text(from_e164=PHONE, body="START", provider_id="SM" + "d" * 32)
    assert not Suppression.objects.filter(lifted_at=None).exists()
    erase_person(ana, actor=None, reason="asked")
    assert Suppression.objects.filter(channel="sms", address_tag=phone_tag(PHONE), lifted_at=None).exists()


def test_who_refused_and_comes_back_with_a_list_is_not_written_to(ana, simulator):
    receive_text(from_e164=PHONE, body="STOP", provider_id="SM" + "c" * 32)
    erase_person(ana, actor=None, reason="asked")
    back = register_customer(name=NAME, region="US", phone_text=PHONE, sms_consent=True)
    assert back.pk != ana.pk
    simulator.reset()
    blast("second")
    assert simulator.texts(PHONE) == [] and len(simulator.texts("+15125550143")) == 1
    assert Target.objects.get(customer=back).sms_reason in ("address_suppressed", "opted_out_explicit")


def test_an_old_permission_is_not_found_by_the_address(ana):
    receive_text(from_e164=PHONE, body="START", provider_id="SM" + "d" * 32)
    certificate = erase_person(ana, actor=None, reason="asked")
    assert not ConsentEvent.objects.filter(address_tag=phone_tag(PHONE)).exists()
    assert ConsentEvent.objects.filter(address_tag=certificate.pk.hex, action="granted").count() == 1


def test_the_same_campaign_made_again_does_not_reach_them_twice(ana, simulator):
    erase_person(ana, actor=None, reason="asked")
    Target.objects.all().delete()
    connection.cursor().execute("DELETE FROM campaigns_campaign")
    register_customer(name=NAME, region="US", phone_text=PHONE)
    blast("first")
    assert len(simulator.texts(PHONE)) == 1
    assert Target.objects.get(phone=PHONE).sms_reason == "already_sent_ok"


def test_an_erased_record_is_on_no_list_and_gets_no_points(ana):
    erase_person(ana, actor=None, reason="asked")
    sums = points()
    blast("second")
    assert not Target.objects.filter(campaign__key="second", customer=ana).exists()
    assert {row[0]: row[1] for row in points()}[ana.pk] == {row[0]: row[1] for row in sums}[ana.pk]


def test_who_was_waiting_on_a_list_is_not_written_to(tenant, simulator):
    made = register_customer(name=NAME, region="US", phone_text=PHONE, email=EMAIL)
    campaign = create_port_recovery_campaign(created_by=None, name="waiting")
    release_quiet_hours(campaign, actor=None)
    erase_person(made, actor=None, reason="asked")
    campaign.refresh_from_db()
    start_campaign(campaign, actor=None)
    drain(campaign)
    assert simulator.texts() == [] and simulator.emails() == []
    target = Target.objects.get()
    assert (target.sms_status, target.sms_reason, target.email_status) == ("skipped", "erased", "skipped")


def test_somebody_who_is_being_written_to_cannot_be_erased_in_that_moment(ana):
    Target.objects.filter(customer=ana).update(sms_status="in_doubt", updated_at=timezone.now())
    connection.cursor().execute("UPDATE public.port_recovery_sms_sends SET state = 'claimed'")
    with pytest.raises(CannotErase, match="on its way"):
        erase_person(ana, actor=None, reason="asked")
    ana.refresh_from_db()
    assert ana.name == NAME and not ErasureCertificate.objects.exists()


def test_a_new_text_from_the_number_begins_a_new_conversation(ana):
    erase_person(ana, actor=None, reason="asked")
    receive_text(from_e164=PHONE, body="hello again", provider_id="SM" + "f" * 32)
    thread = Message.objects.get(external_key="SM" + "f" * 32).conversation
    assert list(thread.participants.values_list("phone", flat=True)) == [PHONE]
    assert thread.messages.count() == 1


def test_a_whatsapp_conversation_goes_like_one_by_text(ana):
    first, second = "SM" + "8" * 32, "SM" + "9" * 32
    receive_text(channel=Channel.WHATSAPP, from_e164=PHONE, body=f"{NAME} here", provider_id=first)
    erase_person(ana, actor=None, reason="asked")
    assert CopyRemoval.objects.filter(message_sid=first).exists()
    assert Message.objects.get(external_key=first).body == ""
    receive_text(channel=Channel.WHATSAPP, from_e164=PHONE, body="hello again", provider_id=second)
    thread = Message.objects.get(external_key=second).conversation
    assert thread.messages.count() == 1 and list(thread.participants.values_list("phone", flat=True)) == [PHONE]


def test_the_certificate_counts_what_went_says_what_stays_and_names_nobody(ana):
    owner = User.objects.get(email="owner@shop.example")
    certificate = erase_person(ana, actor=owner, reason="asked")
    assert certificate.requested_by == owner
    assert certificate.erased["records"] == {"records": 2}
    assert certificate.erased["conversations"] == {"names and numbers in conversations": 2, "texts": 1, "texts of groups": 1}
    assert certificate.erased["campaigns"] == {"names and addresses on campaign lists": 1}
    assert certificate.erased["sends"] == {"provider copies asked to be removed": 2, "addresses SendGrid is asked to erase": 1}
    assert certificate.kept["points"] and certificate.kept["sends"]
    assert not TRACES.search(str(vars(certificate)))
    assert [(copy.provider, copy.state) for copy in provider_copies(certificate)] == [("twilio", "waiting")] * 2 + [("sendgrid", "deleted")]
    assert AuditEntry.objects.filter(action="customer_erased").get().details == {"certificate": str(certificate.pk), "records": 2}


def test_a_person_is_erased_once(ana):
    certificate = erase_person(ana, actor=None, reason="asked")
    ana.refresh_from_db()
    with pytest.raises(CannotErase, match=str(certificate.pk)):
        erase_person(ana, actor=None, reason="asked")


def test_an_unknown_reason_is_refused(ana):
    with pytest.raises(CannotErase, match="asked"):
        erase_person(ana, actor=None, reason="because Ana Silva said so")


def test_certificates_cannot_be_rewritten(ana):
    certificate = erase_person(ana, actor=None, reason="asked")
    for change in (lambda: ErasureCertificate.objects.update(reason="unlawful"), certificate.delete):
        with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
            change()


def test_the_ledgers_are_closed_again_when_it_is_done(ana):
    with transaction.atomic():
        erase_person(ana, actor=None, reason="asked")
        with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
            ConsentEvent.objects.update(source="x") if ConsentEvent.objects.exists() else AuditEntry.objects.update(action="x")


def test_rows_of_lists_are_emptied_and_the_lists_numbers_stand(ana):
    batch = ImportBatch.objects.get()
    numbers = (batch.total_records, batch.successful_imports, batch.failed_imports, batch.duplicate_skipped)
    erase_person(ana, actor=None, reason="asked")
    batch.refresh_from_db()
    assert (batch.total_records, batch.successful_imports, batch.failed_imports, batch.duplicate_skipped) == numbers
    rows = batch.rows.order_by("row_number").values_list("name", "phone", "original")
    assert [(name, phone, json.loads(cells)) for name, phone, cells in rows] == [
        ("", None, []),
        ("", None, []),
        ("Carl", "+15125550144", ["Carl", "+15125550144", "", ""]),
    ]
    assert b"Silva" not in error_report(batch)


def test_undoing_the_list_afterwards_brings_nobody_back(ana):
    suppress(channel="sms", address=PHONE, reason="stop_keyword", event_key="e1")
    erase_person(ana, actor=None, reason="asked")
    undo_import(ImportBatch.objects.get(), None)
    assert traces() == []
    assert Suppression.objects.filter(channel="sms", address_tag=phone_tag(PHONE), lifted_at=None).exists()


def test_a_refusal_that_only_a_list_said_outlives_the_undoing_of_the_list(tenant, simulator):
    batch = bring("Name,Phone,Opted out\nAna Silva,512.555.0142,yes\n")
    erase_person(customer_named(phone_text=PHONE), actor=None, reason="asked")
    undo_import(batch, None)
    assert Suppression.objects.filter(channel="sms", address_tag=phone_tag(PHONE), lifted_at=None).exists()


def test_a_list_that_waits_for_its_confirmation_brings_nobody_back(tenant, simulator):
    made = register_customer(name=NAME, region="US", phone_text=PHONE)
    batch = bring(f"Name,Phone,Email\n{NAME},512.555.0142,{EMAIL}\nCarl,+15125550144,\n", confirm=False)
    erase_person(made, actor=None, reason="asked")
    confirm_import(batch, None)
    apply_import(batch)
    batch.refresh_from_db()
    assert (batch.status, batch.new_count, batch.refused_count) == ("completed", 1, 1)
    assert traces() == []


def test_a_merge_with_somebody_erased_holds_no_memory_of_them(tenant, simulator):
    kept = register_customer(name=NAME, region="US", phone_text=PHONE)
    gone = register_customer(name="Ana S. Silva", region="US", phone_text="+15125550145", email=EMAIL)
    merge_customers(kept, gone, actor=None)
    erase_person(kept, actor=None, reason="asked")
    assert traces() == []
    assert Customer.objects.exclude(erased_as=None).count() == 2


def test_two_people_who_were_decided_to_be_two_stay_two(tenant, simulator):
    made = register_customer(name=NAME, region="US", phone_text=PHONE, email="family@example.com")
    other = register_customer(name="Rui Silva", region="US", phone_text="+15125550146", email="family@example.com")
    propose_merges()
    dismiss_proposal(MergeProposal.objects.get(), actor=None)
    erase_person(made, actor=None, reason="asked")
    other.refresh_from_db()
    assert (other.name, other.email, other.phone) == ("Rui Silva", "family@example.com", "+15125550146")


def test_erased_records_are_on_no_list_of_people(ana):
    erase_person(ana, actor=None, reason="asked")
    assert customer_count() == 2  # Bob and Carl
    assert export_customers().decode().count("\n") == 3
