"""The laws of finding the distinct people."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.models import Conversation, Customer, JoinEvidence, Participant
from customers.selectors import consent_facts, join_facts
from customers.services import consolidate, record_inbound_message, register_customer, suppress
from servicepro.lib.crypto import decrypt_address
from servicepro.lib.fields import phone_tag
from tenants.models import Tenant

A, B, C = "+15125550142", "+15125550143", "+15125550144"


def _participant(phone: str, name: str = "") -> Participant:
    conversation = Conversation.objects.create(source="google_voice_import", external_key=f"k{Conversation.objects.count()}")
    return Participant.objects.create(conversation=conversation, phone=phone, name=name)


def _people(**options: object) -> list[dict]:
    with transaction.atomic():
        consolidate(**options)
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM consolidated_people ORDER BY head")
            names = [column.name for column in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for row in rows:
        row["phone"] = row["phone"] and decrypt_address(connection.schema_name, "phone", row["phone"])
    return rows


def test_customer_and_participant_with_one_phone_are_one_person(tenant: Tenant) -> None:
    customer = register_customer(name="Ana", phone_text=A)
    _participant(A)
    _participant(A, "Ana from the salon")
    people = _people()
    assert [(row["customer_id"], row["name"], row["phone"], row["records"]) for row in people] == [(customer.pk, "Ana", A, 2)]


def test_joins_are_transitive_over_phone_and_email(tenant: Tenant) -> None:
    first = register_customer(name="Ana", phone_text=A, email="ana@example.com")
    register_customer(name="Ana B", phone_text=B, email="ANA@example.com ")
    _participant(B)
    register_customer(name="Someone else", phone_text=C, email="c@example.com")
    people = _people()
    assert [row["name"] for row in people] == ["Ana", "Someone else"]
    assert (people[0]["customer_id"], people[0]["phone"], people[0]["records"]) == (first.pk, A, 3)


def test_a_participant_without_a_record_is_a_person_of_their_own(tenant: Tenant) -> None:
    _participant(A, "Ana")
    assert [(row["customer_id"], row["name"], row["phone"]) for row in _people()] == [(None, "Ana", A)]


@pytest.mark.parametrize("flags", [{"opted_out": True}, {"sms_opt_out": True}, {"sms_consent": False}])
def test_the_strictest_wish_of_all_joined_records_wins(tenant: Tenant, flags: dict) -> None:
    register_customer(name="Ana", phone_text=A, email="ana@example.com", sms_consent=True)
    register_customer(name="Ana", phone_text=B, email="ana@example.com", **flags)
    (person,) = _people()
    assert person["opted_out"]
    assert person["email_opted_out"] is ("opted_out" in flags)


def test_a_stop_from_a_number_without_a_record_counts_for_who_is_joined_by_it(tenant: Tenant) -> None:
    suppress(channel="sms", address=B, reason="stop_keyword", event_key="e1")
    register_customer(name="Ana", phone_text=A, email="ana@example.com")
    register_customer(name="Ana", phone_text=B, email="ana@example.com")
    (person,) = _people()
    assert person["phone"] == A
    assert person["opted_out"]


def test_own_numbers_are_nobody(tenant: Tenant) -> None:
    register_customer(name="The shop", phone_text=A)
    _participant(A)
    register_customer(name="No phone", email="x@example.com")
    assert [row["name"] for row in _people(own_tags=[phone_tag(A)])] == ["No phone"]


def test_a_short_code_never_becomes_a_person(tenant: Tenant) -> None:
    record_inbound_message(source="twilio", from_e164="22395", body="code", provider_id="SM1", occurred_at=timezone.now())
    assert _people() == []


def test_three_people_with_one_phone_are_reached_once_and_one_with_two_phones_too(tenant: Tenant) -> None:
    for name in ("Ana", "Ben", "Cid"):
        register_customer(name=name, phone_text=A)
    register_customer(name="Dee", phone_text=B, email="dee@example.com")
    register_customer(name="Dee", phone_text=C, email="dee@example.com")
    assert [(row["name"], row["phone"]) for row in _people()] == [("Ana", A), ("Dee", B)]


def test_counts_add_up(tenant: Tenant) -> None:
    register_customer(name="Ana", phone_text=A, email="a@example.com")
    register_customer(name="Bad", phone_text="555-ABC", opted_out=True)
    _participant(A)
    counts = consolidate()
    assert (counts.people, counts.with_phone, counts.with_email, counts.opted_out) == (2, 1, 1, 1)
    assert (counts.unreadable_phones, counts.joined_records) == (1, 1)


def test_without_write_nothing_is_written(tenant: Tenant) -> None:
    register_customer(name="Ana", phone_text=A)
    participant = _participant(A)
    consolidate()
    participant.refresh_from_db()
    assert participant.customer_id is None
    assert not JoinEvidence.objects.exists()


def test_write_keeps_the_evidence_and_brings_conversations_home(tenant: Tenant) -> None:
    head = register_customer(name="Ana", phone_text=A, email="ana@example.com")
    other = register_customer(name="Ana B", phone_text=B, email="ana@example.com")
    mine, second = _participant(A), _participant(B)
    consolidate(write=True)
    consolidate(write=True)
    for record in (head, other, mine, second):
        record.refresh_from_db()
    assert (head.same_person_as_id, other.same_person_as_id) == (None, head.pk)
    assert mine.customer_id == second.customer_id == head.pk
    facts = {(fact.joined_kind, fact.joined_id, fact.shared_field) for fact in join_facts(head.pk)}
    assert facts == {
        ("customer", other.pk, "email"),
        ("customer", other.pk, "phone"),
        ("participant", mine.pk, "phone"),
        ("participant", second.pk, "phone"),
    }


def test_records_that_share_nothing_any_more_part_again(tenant: Tenant) -> None:
    head = register_customer(name="Ana", phone_text=A, email="ana@example.com")
    other = register_customer(name="Ben", phone_text=B, email="ana@example.com", opted_out=True)
    consolidate(write=True)
    assert consent_facts([head.pk])[head.pk].opted_out
    Customer.objects.filter(pk=other.pk).update(email="ben@example.com")
    consolidate(write=True)
    other.refresh_from_db()
    assert other.same_person_as_id is None
    assert not consent_facts([head.pk])[head.pk].opted_out


def test_consent_is_the_strictest_whichever_record_is_asked(tenant: Tenant) -> None:
    head = register_customer(name="Ana", phone_text=A, email="ana@example.com", sms_consent=True, time_zone="America/Denver")
    other = register_customer(name="Ana", phone_text=B, email="ana@example.com", sms_consent=False, email_opt_out=True)
    alone = register_customer(name="Cid", phone_text=C)
    consolidate(write=True)
    facts = consent_facts([head.pk, other.pk, alone.pk, 10**9])
    assert facts.keys() == {head.pk, other.pk, alone.pk}
    for pk in (head.pk, other.pk):
        assert (facts[pk].sms_consent, facts[pk].email_opt_out, facts[pk].time_zone) == (False, True, "America/Denver")
    assert facts[alone.pk].sms_consent is None


def test_consolidations_in_one_transaction_follow_each_other(tenant: Tenant) -> None:
    with transaction.atomic():
        assert consolidate().people == 0
        register_customer(name="Ana", phone_text=A)
        assert consolidate().people == 1


def _groups(records: list[tuple[str, int | None, int | None]]) -> set[frozenset[int]]:
    """The plain answer: merge until nothing changes."""
    groups = [{index} for index in range(len(records))]

    def shares(one: set[int], two: set[int]) -> bool:
        return any(
            (records[a][1] is not None and records[a][1] == records[b][1]) or (records[a][2] is not None and records[a][2] == records[b][2])
            for a in one
            for b in two
        )

    def pairs() -> Iterator[tuple[int, int]]:
        yield from ((i, j) for i in range(len(groups)) for j in range(i + 1, len(groups)) if shares(groups[i], groups[j]))

    while found := next(pairs(), None):
        groups[found[0]] |= groups.pop(found[1])
    return {frozenset(group) for group in groups}


_RECORDS = st.lists(
    st.tuples(st.just("c"), st.none() | st.integers(0, 9), st.none() | st.integers(0, 4))
    | st.tuples(st.just("p"), st.integers(0, 9), st.none()),
    max_size=14,
    unique_by=lambda record: record if record[0] == "c" and record[1] is None else (record[0], record[1]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=_RECORDS)
def test_people_are_exactly_the_groups_that_share_something(tenant: Tenant, records: list) -> None:
    JoinEvidence.objects.all().delete()
    Conversation.objects.all().delete()
    Customer.objects.update(same_person_as=None)
    Customer.objects.all().delete()
    for kind, phone, email in records:
        number = None if phone is None else f"+151255501{40 + phone}"
        address = None if email is None else f"e{email}@example.com"
        if kind == "c":
            Customer.objects.create(name="x", phone=number, email=address)
        else:
            _participant(number)
    expected = _groups(records)
    assert sorted(row["records"] for row in _people()) == sorted(len(group) for group in expected)
    assert consolidate(write=True).people == len(expected)
