"""Who registers is found among the records there are, once; an invitation is noted, runs out, and opens nothing twice."""

import datetime
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from customers.errors import UnknownCustomer
from customers.models import ConsentEvent, Customer
from customers.services import (
    agree_to_texts,
    expire_invitations,
    mark_invited,
    merge_customers,
    register_customer,
    register_customer_by_id,
    register_person,
    suppress,
    waiting_invitations,
)

PHONE, OTHER = "+15125550142", "+15125550143"
WORDS = "Clean Machine may text me offers."


def test_an_unknown_phone_makes_a_new_customer(tenant):
    found = register_person(phone=PHONE, name="  Ana   Silva ")
    made = Customer.objects.get()
    assert (found.customer_id, found.is_new, found.is_imported, found.is_first_time) == (made.pk, True, False, True)
    assert (made.name, made.phone, made.source) == ("Ana Silva", PHONE, "portal")
    assert made.registered_at is not None


def test_who_was_invited_is_found_and_stays_registered_since_the_first_time(tenant):
    ana = register_customer(name="Ana", phone_text=PHONE)
    mark_invited([ana.pk], timezone.now())
    first = register_person(phone=PHONE)
    since = Customer.objects.get().registered_at
    second = register_person(phone=PHONE, name="Ana Silva")
    assert (first.is_new, first.is_imported, first.is_first_time, second.is_first_time) == (False, True, True, False)
    ana.refresh_from_db()
    assert (ana.registered_at, ana.name, ana.life) == (since, "Ana Silva", "registered")


def test_a_phone_of_several_records_registers_the_one_person(tenant):
    kept = register_customer(name="Ana", phone_text=OTHER, email="ana@example.com")
    gone = register_customer(name="Ana S.", phone_text=PHONE, email="ana@example.com")
    merge_customers(kept, gone, actor=None)
    found = register_person(phone=PHONE)
    assert found.customer_id == kept.pk and not found.is_new
    assert Customer.objects.filter(registered_at=None).count() == 0
    assert register_person(phone=OTHER).customer_id == kept.pk and Customer.objects.count() == 2


def test_twenty_registrations_at_once_make_one_customer(tenant):
    def register(_turn: int) -> tuple[int, bool, bool]:
        try:
            with tenant_context(tenant):
                found = register_person(phone=PHONE, name="Ana")
                return found.customer_id, found.is_new, found.is_first_time
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(register, range(20)))
    assert len({customer_id for customer_id, _new, _first in answers}) == 1 == Customer.objects.count()
    assert sum(is_new for _id, is_new, _first in answers) == 1 == sum(is_first for _id, _new, is_first in answers)


def test_nobody_registers_a_customer_there_is_not(tenant):
    with pytest.raises(UnknownCustomer):
        register_customer_by_id(10**9)


def test_a_refusal_outlives_the_registration(tenant):
    ana = register_customer(name="Ana", phone_text=PHONE, opted_out=True)
    register_person(phone=PHONE)
    assert agree_to_texts(ana, wording=WORDS) is False
    ana.refresh_from_db()
    assert ana.opted_out and ana.sms_consent is None and not ConsentEvent.objects.filter(action="granted").exists()


def test_a_stop_outlives_the_registration(tenant):
    ana = register_customer(name="Ana", phone_text=PHONE)
    suppress(channel="sms", address=PHONE, reason="stop_keyword", event_key="stop:1")
    assert agree_to_texts(ana, wording=WORDS) is False
    ana.refresh_from_db()
    assert ana.sms_opt_out and not ana.sms_consent


def test_a_yes_is_kept_once_in_the_words_it_was_given_to(tenant):
    ana = register_customer(name="Ana", phone_text=PHONE)
    assert [agree_to_texts(ana, wording=WORDS), agree_to_texts(ana, wording=WORDS)] == [True, False]
    ana.refresh_from_db()
    event = ConsentEvent.objects.get()
    assert (ana.sms_consent, event.action, event.channel, event.wording, event.customer_id) == (True, "granted", "sms", WORDS, ana.pk)


def test_the_newest_invitation_counts_and_none_takes_a_registration_back(tenant):
    now = timezone.now()
    ana, ben = register_customer(name="Ana", phone_text=PHONE), register_customer(name="Ben", phone_text=OTHER)
    register_person(phone=OTHER)
    assert mark_invited([ana.pk, ben.pk], now) == 1
    assert mark_invited([ana.pk], now - datetime.timedelta(days=1)) == 0
    assert mark_invited([ana.pk], now + datetime.timedelta(days=1)) == 1
    assert mark_invited([], now) == 0
    ana.refresh_from_db()
    ben.refresh_from_db()
    assert ana.invited_at == now + datetime.timedelta(days=1) and ben.invited_at is None


def test_every_record_of_a_person_is_invited(tenant):
    kept = register_customer(name="Ana", phone_text=OTHER, email="ana@example.com")
    gone = register_customer(name="Ana S.", phone_text=PHONE, email="ana@example.com")
    merge_customers(kept, gone, actor=None)
    mark_invited([kept.pk], timezone.now())
    assert Customer.objects.filter(invited_at=None).count() == 0


def test_an_invitation_runs_out_once_and_another_opens_it_again(tenant):
    now = timezone.now()
    ana, ben = register_customer(name="Ana", phone_text=PHONE), register_customer(name="Ben", phone_text=OTHER)
    mark_invited([ana.pk, ben.pk], now)
    register_person(phone=OTHER)
    later = now + datetime.timedelta(days=31)
    with time_machine.travel(later):
        assert waiting_invitations(before=later) == [(ana.pk, ana.pk)]
        assert expire_invitations([ana.pk, ben.pk], before=later) == 1
        assert expire_invitations([ana.pk, ben.pk], before=later) == 0 and waiting_invitations(before=later) == []
        ana.refresh_from_db()
        assert ana.life == "expired"
        mark_invited([ana.pk], later)
    ana.refresh_from_db()
    assert ana.life == "invited"
