"""Segments: described once, found anew each time, gone only when nobody goes to them."""

import datetime
from typing import Any

import pytest

from bookings.models import Place
from campaigns.choosing import count_selected
from campaigns.errors import BadCampaignInput, WrongStatus
from campaigns.models import Campaign, Segment
from campaigns.services.segments import delete_segment, rename_segment, save_segment, segment_count, segments
from campaigns.types import CustomerFilter, Selection
from customers.services import erase_person
from tenants.accounts.models import AuditEntry, User
from tests.campaigns.choosing_shop import agreed, visited

REGULARS = CustomerFilter(bookings_min=2, last_booking_from=datetime.date(2026, 1, 1), tags=("vip",))


@pytest.fixture
def ana(tenant) -> User:
    return User.objects.get(email="owner@shop.example")


@pytest.fixture
def place(tenant) -> Place:
    return Place.objects.create(name="Main", time_zone="America/Chicago")


def saved(ana: User, place: Place, matching: CustomerFilter = REGULARS, name: str = "Regulars") -> Segment:
    return save_segment(actor=ana, name=name, place_ids=[place.pk], matching=matching)


def going_to(segment: Segment, status: str = "draft") -> Campaign:
    audience = Selection(tuple(segment.filters["place_ids"])).as_json()
    return Campaign.objects.create(key="k", kind="messaging", name="Spring", segment=segment, audience=audience, status=status)


def test_a_segment_keeps_places_and_filter_and_says_who_saved_it(ana, place):
    segment = saved(ana, place, name="  Regulars ")
    assert (segment.name, segment.created_by) == ("Regulars", ana)
    assert segment.filters == {"place_ids": [place.pk], **REGULARS.as_json()}
    assert CustomerFilter.from_json(segment.filters) == REGULARS
    assert [each.name for each in segments()] == ["Regulars"]
    assert AuditEntry.objects.get(action="segment_saved").subject == f"segment:{segment.pk}"


def test_who_is_in_a_segment_is_found_anew_each_time(ana, place):
    segment = saved(ana, place, CustomerFilter(bookings_min=2))
    campaign = going_to(segment)
    person = agreed("Ann")
    visited(person, place)
    assert segment_count(segment) == count_selected(campaign) == 0
    visited(person, place)
    assert segment_count(segment) == count_selected(campaign) == 1


def test_who_was_taken_off_a_campaign_stays_off_though_the_segment_describes_them(ana, place):
    people = [agreed(name) for name in ("Ann", "Bea")]
    for person in people:
        visited(person, place)
    segment = saved(ana, place, CustomerFilter())
    campaign = going_to(segment)
    campaign.audience = Selection((place.pk,)).mark_people([people[0].pk], is_added=False).as_json()
    assert (segment_count(segment), count_selected(campaign)) == (2, 1)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"name": "Taken"}, "name"),
        ({"place_ids": []}, "places"),
        ({"place_ids": [10**30]}, "places"),
        ({"matching": CustomerFilter(bookings_min=3, bookings_max=2)}, "bookings"),
        ({"matching": CustomerFilter(spent_min_minor=3, spent_max_minor=2)}, "spent"),
        ({"matching": CustomerFilter(last_booking_from=datetime.date(2026, 1, 2), last_booking_before=datetime.date(2026, 1, 2))}, "last_booking"),
        ({"matching": CustomerFilter(search="x" * 101)}, "search"),
        ({"matching": CustomerFilter(search="a\0b")}, "search"),
        ({"matching": CustomerFilter(tags=tuple(map(str, range(51))))}, "tags"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_segment_is_refused_with_a_sentence_at_its_field(ana, place, wrong: dict[str, Any], field):
    saved(ana, place, name="Taken")
    with pytest.raises(BadCampaignInput) as refusal:
        save_segment(**{"actor": ana, "name": "Regulars", "place_ids": [place.pk], "matching": REGULARS, **wrong})
    told = refusal.value.details["fields"]
    assert told.keys() == {field} and told[field].endswith(".")
    assert Segment.objects.count() == 1


def test_a_segment_of_somebody_elses_place_is_refused_and_left_alone(ana, place):
    segment = saved(ana, place)
    ben = User.objects.create_user("ben@shop.example", "a-long-password", role="owner")
    place.owners.set([ben])
    with pytest.raises(BadCampaignInput, match="not among yours"):
        saved(ana, place, name="Other")
    with pytest.raises(BadCampaignInput, match="not among yours"):
        rename_segment(segment, actor=ana, name="Mine")
    with pytest.raises(BadCampaignInput, match="not among yours"):
        delete_segment(segment, actor=ana)
    assert [each.name for each in segments()] == ["Regulars"]


def test_a_segment_gets_another_name_but_not_one_that_is_taken(ana, place):
    segment, _other = saved(ana, place), saved(ana, place, name="Others")
    rename_segment(segment, actor=ana, name="Friends")
    with pytest.raises(BadCampaignInput, match="already"):
        rename_segment(segment, actor=ana, name="Others")
    assert [each.name for each in segments()] == ["Friends", "Others"]


@pytest.mark.parametrize("status", ["draft", "scheduled", "running", "paused"])
def test_a_segment_stays_while_a_campaign_that_is_not_finished_goes_to_it(ana, place, status):
    segment = saved(ana, place)
    going_to(segment, status)
    with pytest.raises(WrongStatus, match="The campaign “Spring” goes to this segment"):
        delete_segment(segment, actor=ana)
    assert Segment.objects.count() == 1


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_a_segment_goes_and_finished_campaigns_stay(ana, place, status):
    segment = saved(ana, place)
    campaign = going_to(segment, status)
    delete_segment(segment, actor=ana)
    campaign.refresh_from_db()
    assert campaign.segment is None and segments() == []
    assert AuditEntry.objects.filter(action="segment_deleted").exists()


def test_a_segment_that_looks_for_somebody_who_is_erased_forgets_the_name(ana, place):
    person = agreed("Anneliese Quint")
    visited(person, place)
    segment = saved(ana, place, CustomerFilter(search="Anneliese Quint", has_email=True), name="Anneliese Quint")
    assert segment_count(segment) == 1
    saved(ana, place, CustomerFilter(search=person.email), name="anneliese  quint")
    erase_person(person, actor=ana, reason="asked")
    segment.refresh_from_db()
    assert "Quint" not in f"{segment.name} {segment.filters}" and CustomerFilter.from_json(segment.filters).has_email
    assert segment_count(segment) == 0
    assert sorted(each.name for each in segments()) == sorted(f"Segment {each.pk} (renamed)" for each in segments())
