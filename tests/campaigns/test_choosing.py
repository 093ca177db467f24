"""Who may be chosen, found and ticked: what SQL answers is what plain Python says of the same people."""

import datetime
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from bookings.models import Booking, Place
from campaigns.choosing import count_selected, customer_in, list_customers, tags_of_customers
from campaigns.types import EVERYBODY, CustomerFilter, ListedCustomer, Selection, SelectionStep
from customers.models import Customer
from customers.services import erase_person
from servicepro.lib.phone import mask_phone
from tests.campaigns.choosing_shop import agreed, visited

AUSTIN = ZoneInfo("America/Chicago")


@pytest.fixture
def place(tenant) -> Place:
    return Place.objects.create(name="Main", time_zone="America/Chicago")


@pytest.fixture
def other(tenant) -> Place:
    return Place.objects.create(name="Airport", time_zone="America/Chicago")


def names(places: list[Place], matching: CustomerFilter = EVERYBODY) -> list[str]:
    """Return who may be chosen and matches, in order of names."""
    found = list_customers(Selection(tuple(place.pk for place in places)), matching)
    assert found.matching == len(found.customers) <= found.eligible
    return sorted(customer.name for customer in found.customers)


def everybody(*places: Place) -> Selection:
    return Selection(tuple(place.pk for place in places)).mark(EVERYBODY, is_added=True)


def test_who_may_be_chosen_agreed_and_has_an_appointment_there_that_was_not_cancelled(place, other):
    for name, about in (
        ("Agreed", {}),
        ("Refused", {"gdpr_marketing_consent": False}),
        ("Never asked", {"gdpr_marketing_consent": None}),
        ("Left alone", {"opted_out": True}),
    ):
        visited(agreed(name, **about), place)
    agreed("Never came")
    visited(agreed("Cancelled"), place, status="cancelled")
    visited(agreed("Elsewhere"), other)
    visited(agreed("Missed it"), place, status="no_show")
    visited(agreed("Will come"), place, -3, status="confirmed")
    assert names([place]) == ["Agreed", "Missed it", "Will come"]
    assert names([place, other]) == ["Agreed", "Elsewhere", "Missed it", "Will come"]
    assert names([]) == []


@pytest.mark.parametrize(
    ("head", "joined", "is_eligible"),
    [
        ({"gdpr_marketing_consent": True}, {"gdpr_marketing_consent": None}, True),
        ({"gdpr_marketing_consent": None}, {"gdpr_marketing_consent": True}, True),
        ({"gdpr_marketing_consent": True}, {"gdpr_marketing_consent": False}, False),
        ({"gdpr_marketing_consent": False}, {"gdpr_marketing_consent": True}, False),
        ({"gdpr_marketing_consent": None}, {"gdpr_marketing_consent": None}, False),
        ({}, {"opted_out": True}, False),
        ({"opted_out": True}, {}, False),
    ],
)
def test_of_a_persons_records_the_strictest_answer_counts(place, head, joined, is_eligible):
    person = agreed("Ann", **head)
    visited(agreed("A.", same_person_as=person, **joined), place)
    assert names([place]) == (["Ann"] if is_eligible else [])
    assert count_selected(everybody(place)) == is_eligible


def test_a_person_with_several_records_is_one_and_their_visits_add_up(place, other):
    person = agreed("Ann", email=None, whatsapp_consent=None, tags=["vip"])
    second = agreed("A.", phone=None, same_person_as=person, gdpr_marketing_consent=None, whatsapp_consent=True, tags=["colour", "a b"])
    visited(person, place, 30, price=1_000)
    newest = visited(second, place, 5, price=200)
    visited(second, other, 1, price=9)
    (shown,) = list_customers(everybody(place), EVERYBODY).customers
    assert shown == ListedCustomer(
        id=person.pk, name="Ann", email=second.email, masked_phone=mask_phone(person.phone), has_marketing_consent=True,
        has_whatsapp_consent=True, last_booking_at=newest.starts_at, bookings=2, spent_minor=1_200, is_selected=True,
    )  # fmt: skip
    assert customer_in(everybody(place), second.pk) == customer_in(everybody(place), person.pk) == shown
    for tags in (("vip",), ("colour",), ("a b",), ("none", "colour")):
        assert names([place], CustomerFilter(tags=tags)) == ["Ann"]
    assert names([place], CustomerFilter(tags=("a", "none"))) == []
    assert tags_of_customers([place.pk]) == ["a b", "colour", "vip"] and tags_of_customers([]) == []


def test_a_persons_second_record_that_refuses_whatsapp_refuses_it_for_all(place):
    person = agreed("Ann", whatsapp_consent=True)
    agreed("A.", same_person_as=person, whatsapp_consent=False)
    visited(person, place)
    assert names([place], CustomerFilter(has_whatsapp_consent=True)) == []


def test_who_was_ticked_stays_ticked_when_found_to_be_somebody_elses_record(place):
    person, second = agreed("Ann"), agreed("A.")
    for record in (person, second):
        visited(record, place)
    ticked = Selection((place.pk,)).mark_people([second.pk], is_added=True)
    unticked = everybody(place).mark_people([second.pk], is_added=False)
    Customer.objects.filter(pk=second.pk).update(same_person_as=person)
    assert (count_selected(ticked), count_selected(unticked)) == (1, 0)


def test_erased_people_cannot_be_chosen(place):
    person = agreed("Ann Lee")
    visited(person, place)
    erase_person(person, actor=None, reason="asked")
    assert names([place]) == [] and customer_in(everybody(place), person.pk) is None


def test_somebody_who_may_not_be_chosen_is_nobody_there(place, other):
    person = agreed("Ann")
    visited(person, place)
    assert customer_in(everybody(other), person.pk) is None
    assert [customer_in(everybody(place), number) for number in (0, -1, person.pk + 1, 10**30)] == [None] * 4
    untouched = customer_in(Selection((place.pk,)), person.pk)
    assert untouched and not untouched.is_selected


def test_a_search_finds_part_of_a_name_or_email_in_any_case_and_means_every_character(place):
    for name, email in (("Jörg Müller", "jm@example.com"), ("100% Ann_a", "ann@example.com"), ("O'Neil \\ Co", None)):
        visited(agreed(name, email=email), place)
    for search, found in (
        ("MÜLLER", "Jörg Müller"), ("jM@EX", "Jörg Müller"), ("100%", "100% Ann_a"), ("n_A", "100% Ann_a"), ("o'n", "O'Neil \\ Co"),
        ("\\", "O'Neil \\ Co"), (" jörg ", "Jörg Müller"), ("Mü\0ller", "Jörg Müller"),
    ):  # fmt: skip
        assert names([place], CustomerFilter(search=search)) == [found]
    for search in ("%%%", "a_n", "'; DROP TABLE x; --", "{people}", "%(places)s"):
        assert names([place], CustomerFilter(search=search)) == []
    assert len(names([place], CustomerFilter(search="  "))) == 3


def test_a_day_is_one_on_the_business_clock(place):
    visit = visited(agreed("Ann"), place)
    Booking.objects.filter(pk=visit.pk).update(
        starts_at=datetime.datetime(2026, 3, 10, 23, 30, tzinfo=AUSTIN), ends_at=datetime.datetime(2026, 3, 11, 0, 30, tzinfo=AUSTIN)
    )
    tenth, eleventh = datetime.date(2026, 3, 10), datetime.date(2026, 3, 11)
    assert names([place], CustomerFilter(last_booking_from=tenth, last_booking_before=eleventh)) == ["Ann"]
    assert names([place], CustomerFilter(last_booking_from=eleventh)) == []
    assert names([place], CustomerFilter(last_booking_before=tenth)) == []
    assert names([place], CustomerFilter(last_booking_from=datetime.date.min, last_booking_before=datetime.date.max)) == ["Ann"]


def test_numbers_beyond_all_measure_match_nobody_and_break_nothing(place):
    visited(agreed("Ann"), place)
    for matching in (CustomerFilter(bookings_min=10**30), CustomerFilter(spent_min_minor=10**30), CustomerFilter(bookings_max=-(10**30))):
        assert names([place], matching) == []
    assert list_customers(Selection((10**30, -1, 0)), EVERYBODY).eligible == 0
    assert count_selected(everybody(place).mark_people([10**30], is_added=False)) == 1


def test_pages_hold_everybody_once_and_beyond_the_last_is_the_last(place):
    for number in reversed(range(7)):
        visited(agreed(f"Person{number}"), place)
    pages = [list_customers(everybody(place), EVERYBODY, page=number, limit=3) for number in (1, 2, 3)]
    assert [[customer.name for customer in page.customers] for page in pages] == [
        ["Person0", "Person1", "Person2"], ["Person3", "Person4", "Person5"], ["Person6"],
    ]  # fmt: skip
    assert {(page.pages, page.matching, page.eligible, page.selected, page.selected_matching) for page in pages} == {(3, 7, 7, 7, 7)}
    for beyond in (4, 10**30):
        assert list_customers(everybody(place), EVERYBODY, page=beyond, limit=3) == pages[2]
    assert list_customers(everybody(place), EVERYBODY, page=-5, limit=3) == pages[0]
    nobody = list_customers(everybody(place), CustomerFilter(search="zzz"), page=9)
    assert (nobody.customers, nobody.page, nobody.pages, nobody.matching, nobody.selected) == ((), 1, 1, 0, 7)


def test_only_the_ticked_are_shown_where_that_is_asked(place):
    people = [agreed(f"Person{number}") for number in reversed(range(4))][::-1]
    for person in people:
        visited(person, place)
    chosen = everybody(place).mark_people([people[1].pk], is_added=False)
    shown = list_customers(chosen, CustomerFilter(has_email=True), limit=2, page=2, is_selected_only=True)
    assert [customer.name for customer in shown.customers] == ["Person3"]
    assert (shown.pages, shown.matching, shown.selected_matching) == (2, 4, 3)


def plainly(customer: ListedCustomer, tags: list[str], wanted: CustomerFilter) -> bool:
    """Say in Python whether a customer matches a filter."""
    last = customer.last_booking_at.astimezone(AUSTIN).date()
    text = wanted.search.strip().lower()
    return (
        (not text or text in customer.name.lower() or text in customer.email.lower())
        and (not wanted.has_email or bool(customer.email))
        and (not wanted.has_phone or bool(customer.masked_phone))
        and (not wanted.has_whatsapp_consent or customer.has_whatsapp_consent)
        and (wanted.last_booking_from is None or last >= wanted.last_booking_from)
        and (wanted.last_booking_before is None or last < wanted.last_booking_before)
        and (wanted.bookings_min is None or customer.bookings >= wanted.bookings_min)
        and (wanted.bookings_max is None or customer.bookings <= wanted.bookings_max)
        and (wanted.spent_min_minor is None or customer.spent_minor >= wanted.spent_min_minor)
        and (wanted.spent_max_minor is None or customer.spent_minor <= wanted.spent_max_minor)
        and (not wanted.tags or bool(set(wanted.tags) & set(tags)))
    )


CROWD = 12
TODAY = datetime.date(2026, 11, 21)
days = st.none() | st.integers(0, 60).map(lambda ago: TODAY - datetime.timedelta(days=ago))
small = st.none() | st.integers(0, 5)
amounts = st.none() | st.integers(0, 900)
filters = st.builds(
    CustomerFilter,
    search=st.sampled_from(["", "", "ann", "B", "é", "%", "1@", "zz"]),
    has_email=st.booleans(), has_phone=st.booleans(), has_whatsapp_consent=st.booleans(),
    last_booking_from=days, last_booking_before=days, bookings_min=small, bookings_max=small,
    spent_min_minor=amounts, spent_max_minor=amounts, tags=st.lists(st.sampled_from(["vip", "colour", "x"]), max_size=2).map(tuple),
)  # fmt: skip
loose = st.one_of(
    st.just(EVERYBODY), st.builds(CustomerFilter, has_email=st.booleans()), st.builds(CustomerFilter, bookings_min=small), filters
)
marks = st.tuples(st.booleans(), loose | st.frozensets(st.integers(0, CROWD - 1), min_size=1, max_size=4))


@pytest.fixture
def crowd(place) -> Iterator[list[tuple[ListedCustomer, list[str]]]]:
    """A dozen different customers, in the order they are listed."""
    tags: dict[int, list[str]] = {}
    for number in range(CROWD):
        person = agreed(
            f"{['Ann', 'Bea', 'Cléo', 'Dan'][number % 4]} {number}",
            email=None if number % 3 == 0 else f"p{number}@example.com", phone=None if number % 4 == 1 else f"+1512777{number:04d}",
            whatsapp_consent=(True, None, False)[number % 3], tags=["vip", "colour"][: number % 3],
        )  # fmt: skip
        tags[person.pk] = person.tags
        for visit in range(number % 4 + 1):
            visited(person, place, number * 4 + visit + 1, price=50 * number)
    yield [(customer, tags[customer.id]) for customer in list_customers(Selection((place.pk,)), EVERYBODY).customers]


def test_a_filter_finds_whom_plain_python_finds(place, crowd):
    @given(filters)
    @settings(max_examples=60, deadline=None, database=None)
    def check(wanted: CustomerFilter) -> None:
        found = list_customers(Selection((place.pk,)), wanted)
        expected = [customer.id for customer, tags in crowd if plainly(customer, tags, wanted)]
        assert [customer.id for customer in found.customers] == expected
        assert (found.matching, found.eligible, found.selected, found.selected_matching) == (len(expected), CROWD, 0, 0)
        stored = CustomerFilter.from_json(wanted.as_json())
        assert stored == wanted

    check()


def test_a_selection_holds_whom_its_steps_leave_ticked_one_after_the_other(place, crowd):
    ids = [customer.id for customer, _tags in crowd]

    @given(st.lists(marks, max_size=7), loose)
    @settings(max_examples=60, deadline=None, database=None)
    def check(done: list[tuple[bool, CustomerFilter | frozenset[int]]], shown: CustomerFilter) -> None:
        selection, ticked = Selection((place.pk,)), set[int]()
        for is_added, who in done:
            if isinstance(who, CustomerFilter):
                meant = {customer.id for customer, tags in crowd if plainly(customer, tags, who)}
                selection = selection.mark(who, is_added=is_added)
            else:
                meant = {ids[number] for number in who}
                selection = selection.mark_people(meant, is_added=is_added)
            ticked = ticked | meant if is_added else ticked - meant
        selection = Selection.from_json(selection.as_json())
        page = list_customers(selection, shown)
        matching = {customer.id for customer, tags in crowd if plainly(customer, tags, shown)}
        assert (
            (page.selected, page.selected_matching)
            == (len(ticked), len(ticked & matching))
            == (count_selected(selection), page.selected_matching)
        )
        assert {customer.id for customer in page.customers if customer.is_selected} == ticked & matching

    check()


@pytest.mark.parametrize("people", [10, 1_000])
def test_the_queries_do_not_grow_with_the_customers(place, people):
    made = Customer.objects.bulk_create(
        Customer(name=f"Person{number}", email=f"p{number}@example.com", gdpr_marketing_consent=True, tags=["vip"])
        for number in range(people)
    )
    start = timezone.now()
    Booking.objects.bulk_create(
        Booking(customer=person, place=place, starts_at=start, ends_at=start + datetime.timedelta(minutes=5), seat=number + 1,
                currency="USD", total_minor=5, due_minor=5, idempotency_key=f"q{number}", request_digest="d")
        for number, person in enumerate(made)
    )  # fmt: skip
    chosen = Selection((place.pk,), (SelectionStep(True, CustomerFilter(search="person")),)).mark_people([made[0].pk], is_added=False)
    asked = (
        (lambda: list_customers(chosen, CustomerFilter(has_email=True), limit=100).selected, 2, people - 1),
        (lambda: count_selected(chosen), 1, people - 1),
        (lambda: customer_in(chosen, made[3].pk).is_selected, 2, True),
        (lambda: tags_of_customers([place.pk]), 1, ["vip"]),
    )
    for ask, queries, answer in asked:
        with CaptureQueriesContext(connection) as captured:
            assert ask() == answer
        assert len(captured) == queries
