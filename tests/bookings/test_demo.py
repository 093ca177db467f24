"""The demo businesses can be booked at once."""

from bookings.models import Place, Service
from bookings.selectors import active_places, active_services, slots_of_days, today_at
from bookings.services import describe_catalog
from onboarding.demo_catalog import american_places, american_services, indian_places, indian_services


def test_the_demo_catalog_is_bookable_and_stays_as_its_owner_has_it(tenant):
    assert describe_catalog(american_places(), american_services()) == 8
    for place in active_places():
        services = active_services(place)
        assert len(services) == 6 and services[0].category == "core"
        assert any(slots_of_days(place, today_at(place), 5, services[0].duration_minutes).values())
    Service.objects.filter(name="Express Wash").update(price_minor=1)
    assert describe_catalog(american_places(), american_services()) == 0
    assert Service.objects.get(name="Express Wash").price_minor == 1 and Place.objects.count() == 2


def test_the_salon_is_described_on_its_own_clock(indian_tenant):
    assert describe_catalog(indian_places(), indian_services()) == 6
    assert Place.objects.get().time_zone == "Asia/Kolkata" and Place.objects.get().hours.count() == 7
