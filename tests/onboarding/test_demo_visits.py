"""The demo's people came before and most agreed to emails: there is an audience, and nobody hears of it."""

import pytest
from django.utils import timezone

from bookings.models import Booking, BookingNotice
from bookings.selectors import active_places
from bookings.services import describe_catalog
from campaigns.choosing import list_customers
from campaigns.services import preview_port_recovery
from campaigns.types import EVERYBODY, CustomerFilter, Selection
from customers.models import ConsentEvent, Customer
from customers.services import register_customer
from onboarding.demo_catalog import american_places, american_services, indian_places, indian_services
from onboarding.demo_people import american_customers, indian_customers
from onboarding.demo_visits import WORDING, set_up_visits


def introduce(people, region):
    for person in people:
        register_customer(name=person.name, region=region, phone_text=person.phone, email=person.email, source="demo", **person.flags)


@pytest.fixture
def detailer(tenant):
    introduce(american_customers(), "US")
    describe_catalog(american_places(), american_services())


def audience(matching=EVERYBODY):
    return list_customers(Selection(tuple(place.pk for place in active_places())), matching)


def test_the_detailer_has_an_audience_and_its_port_recovery_stays_as_it_was(detailer, simulator):
    before = preview_port_recovery()
    set_up_visits()
    assert preview_port_recovery() == before
    found = audience()
    assert found.eligible >= 25 and all(person.has_marketing_consent and person.email for person in found.customers)
    assert audience(CustomerFilter(search="olga")).matching == 0
    assert simulator.texts() == simulator.emails() == [] and not BookingNotice.objects.exists()


def test_every_visit_has_passed_and_every_consent_has_its_event(detailer):
    set_up_visits()
    visits = Booking.objects.all()
    assert visits.count() > 100 and {booking.status for booking in visits} == {"completed"}
    assert all(booking.ends_at < timezone.now() and booking.lines.count() == 1 for booking in visits)
    agreed = Customer.objects.filter(gdpr_marketing_consent=True)
    events = ConsentEvent.objects.filter(channel="email", action="granted", wording=WORDING)
    assert agreed.count() == events.count() and {event.customer_id for event in events} == {person.pk for person in agreed}


def test_setting_them_up_again_changes_nothing_and_brings_no_consent_back(detailer):
    set_up_visits()
    Customer.objects.filter(gdpr_marketing_consent=True).update(gdpr_marketing_consent=None)
    counts = Booking.objects.count(), ConsentEvent.objects.count()
    set_up_visits()
    assert (Booking.objects.count(), ConsentEvent.objects.count()) == counts
    assert not Customer.objects.filter(gdpr_marketing_consent=True).exists()


def test_the_salon_can_write_on_whatsapp(indian_tenant):
    introduce(indian_customers(), "IN")
    describe_catalog(indian_places(), indian_services())
    set_up_visits()
    assert audience(CustomerFilter(has_phone=True)).matching >= 6
