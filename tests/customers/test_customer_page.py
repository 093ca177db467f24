"""The customer's page in the admin: what it shows of a person, and to whom."""

import datetime

import pytest
from django.test import Client
from django.utils import timezone

from customers.models import Conversation, Customer, Participant
from customers.services import consolidate, register_customer

A, B, C = "+15125550142", "+15125550143", "+15125550144"


def conversation_with(phone: str, *, name: str = "", said: datetime.datetime | None = None) -> Participant:
    thread = Conversation.objects.create(
        source="google_voice_import", external_key=f"k{Conversation.objects.count()}", last_message_at=said
    )
    return Participant.objects.create(conversation=thread, phone=phone, name=name)


def page_of(client: Client, customer: Customer) -> str:
    answer = client.get(f"/admin/customers/customer/{customer.pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_evidence_is_shown_in_plain_words_with_the_phone_masked(owner: Client):
    ana = register_customer(name="Ana", phone_text=A, email="ana@example.com")
    register_customer(name="Ana B", phone_text=B, email="ANA@example.com")
    conversation_with(A, said=datetime.datetime(2021, 1, 22, 14, 0, tzinfo=datetime.UTC))
    conversation_with(B, name="Annie")
    consolidate(write=True)
    page = page_of(owner, ana)
    assert "Same phone as the Google Voice conversation of 22 Jan 2021 (+1512•••0142)." in page
    assert "Same email as the customer record “Ana B” (ana@example.com)." in page
    other = "The Google Voice conversation with “Annie”: its phone (+1512•••0143) is that of another record of this person."
    assert other in page
    assert B not in page


def test_the_day_of_a_conversation_is_that_of_the_business_clock(owner: Client):
    ana = register_customer(name="Ana", phone_text=A)
    conversation_with(A, said=datetime.datetime(2021, 1, 22, 3, 0, tzinfo=datetime.UTC))
    consolidate(write=True)
    assert "of 21 Jan 2021" in page_of(owner, ana)


def test_without_evidence_the_page_says_so(owner: Client):
    page = page_of(owner, register_customer(name="Ana", phone_text=A))
    assert "No other record was found to be this person." in page


def test_a_joined_record_points_to_its_person_and_says_why(owner: Client):
    ana = register_customer(name="Ana", phone_text=A, email="ana@example.com")
    other = register_customer(name="Ana B", phone_text=B, email="ana@example.com")
    consolidate(write=True)
    page = page_of(owner, other)
    assert f'<a href="/admin/customers/customer/{ana.pk}/change/">Ana</a>' in page
    assert "Same email (ana@example.com) as that record." in page


def test_what_no_longer_holds_is_still_shown_as_past(owner: Client):
    ana = register_customer(name="Ana", phone_text=A, email="ana@example.com")
    ben = register_customer(name="Ben", phone_text=B, email="ana@example.com")
    consolidate(write=True)
    Customer.objects.filter(pk=ben.pk).update(email="ben@example.com", updated_at=timezone.now())
    consolidate(write=True)
    assert "Shared its email with the customer record “Ben” on " in page_of(owner, ana)


def test_a_conversation_that_is_gone_still_counts_as_evidence(owner: Client):
    ana = register_customer(name="Ana", phone_text=A)
    gone = conversation_with(A)
    consolidate(write=True)
    gone.conversation.delete()
    assert "Same phone as a conversation that is no longer kept." in page_of(owner, ana)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "“;--"])
def test_a_name_in_the_evidence_is_text(owner: Client, name: str):
    ana = register_customer(name="Ana", phone_text=A)
    conversation_with(A, name=name)
    consolidate(write=True)
    assert "<script>alert(1)" not in page_of(owner, ana)


def test_evidence_costs_the_same_however_much_there_is(owner: Client, django_assert_num_queries):
    from customers.selectors import join_facts

    ana = register_customer(name="Ana", phone_text=A, email="ana@example.com")
    for n in range(20):
        register_customer(name=f"Ana {n}", phone_text=f"+1512555{2000 + n}", email="ana@example.com")
        conversation_with(f"+1512555{2000 + n}")
    consolidate(write=True)
    with django_assert_num_queries(3):
        assert len(join_facts(ana.pk)) >= 40


def test_a_customer_who_is_not_there_is_not_found(owner: Client):
    assert owner.get("/admin/customers/customer/999999/change/").status_code == 404


def test_an_opt_in_to_whatsapp_is_shown_and_is_nobodys_to_give_but_theirs(owner: Client):
    ana = register_customer(name="Ana", phone_text=A)
    form = {"name": "Ana", "source": "manual", "sms_consent": "unknown", "gdpr_marketing_consent": "unknown", "whatsapp_consent": "true"}
    assert owner.post(f"/admin/customers/customer/{ana.pk}/change/", form).status_code == 302
    ana.refresh_from_db()
    assert ana.whatsapp_consent is None and "Whatsapp consent" in page_of(owner, ana)
