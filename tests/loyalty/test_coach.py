"""A blocked redemption says the cheapest way to make it work, as trying everything would find it."""

import re
from dataclasses import replace
from itertools import chain, combinations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.errors import UnknownCustomer
from customers.services import merge_customers
from loyalty.policy import cheapest_way, decide_redemption
from loyalty.services import check_redemption_eligibility, coach_redemption, grant_points
from loyalty.types import Guardrails, Offer, RedemptionContext
from tenants.business.models import BusinessSettings

WASH, WAX, DETAIL, MAT = Offer("Wash", 4_000, True), Offer("Wax", 3_500, False), Offer("Detail", 15_000, True), Offer("Mat", 500, False)
MENU = (DETAIL, WAX, MAT, WASH)
ADDED = re.compile(r"(?:use [\d,]+ points? and )?add (.+)")
OFFERS = st.lists(st.tuples(st.sampled_from([100, 250, 900, 1_500, 4_000, 9_000]), st.booleans()), max_size=7)


@pytest.fixture
def ana(people):
    BusinessSettings.objects.update(loyalty_min_cart_total=7_500, loyalty_require_core_service=True, point_value_minor=10)
    grant_points(customer_ids=[people[0].pk], points=500, reason="thanks", campaign_key="k")
    yield people[0]
    BusinessSettings.objects.update(loyalty_min_cart_total=7_500, loyalty_require_core_service=False)


def cart(customer, total=3_500, points=500, *, core=False):
    return RedemptionContext(customer.pk, total, core, not core, points)


def larger(context: RedemptionContext, together: tuple[Offer, ...]) -> RedemptionContext:
    has_core = any(offer.is_core for offer in together)
    return replace(
        context,
        cart_total_minor=context.cart_total_minor + sum(offer.price_minor for offer in together),
        has_core_service=context.has_core_service or has_core,
        has_only_add_ons=context.has_only_add_ons and not has_core,
    )


def test_the_cheapest_service_that_makes_it_work_is_named(ana):
    assert coach_redemption(cart(ana), MENU) == "Add Wash, or book without points."
    assert coach_redemption(cart(ana, 3_000), MENU) == "Add Mat and Wash, or book without points."
    assert coach_redemption(cart(ana, 7_000, core=True), MENU) == "Add Mat or $5 more, or book without points."
    assert coach_redemption(cart(ana, 7_000, core=True), ()) == "Add $5 more, or book without points."


def test_what_is_allowed_needs_no_coach(ana):
    assert check_redemption_eligibility(cart(ana, 7_500, core=True)).can_redeem
    assert coach_redemption(cart(ana, 7_500, core=True), MENU) == ""


def test_more_points_than_there_are_are_coached_to_what_there_is(ana):
    assert coach_redemption(cart(ana, 9_000, 700, core=True), MENU) == "Use 500 points, or book without points."
    assert coach_redemption(cart(ana, 3_500, 700), MENU) == "Use 500 points and add Wash, or book without points."


def test_where_nothing_helps_it_says_so(ana):
    BusinessSettings.objects.update(point_value_minor=0)
    assert coach_redemption(cart(ana), MENU) == "Book without points."
    BusinessSettings.objects.update(point_value_minor=10)
    assert coach_redemption(cart(ana), (MAT,)) == "Book without points."


def test_somebody_without_points_is_not_sent_shopping(people):
    assert coach_redemption(cart(people[3]), MENU) == "Book without points."


def test_the_points_of_the_person_count_whichever_record_asks(people, ana):
    merge_customers(ana, people[1], actor=None)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE customers_contactchange SET changed_at = now() - interval '2 days'")
    assert coach_redemption(cart(people[1]), MENU) == coach_redemption(cart(ana), MENU) == "Add Wash, or book without points."


def test_nobody_has_no_coach(tenant):
    with pytest.raises(UnknownCustomer):
        coach_redemption(RedemptionContext(10**9, 100, False, True, 5), MENU)


def test_a_long_menu_hides_no_way_and_costs_no_further_query(ana):
    def asked(offers):
        with CaptureQueriesContext(connection) as captured:
            said = coach_redemption(cart(ana), offers)
        return said, len(captured)

    many = tuple(Offer(f"Trifle {number}", 10, False) for number in range(150))
    assert asked((*many, WASH)) == asked((WASH,)) == ("Add Wash, or book without points.", asked((WASH,))[1])
    many_cores = tuple(Offer(f"Core {number:03d}", 100 + number, True) for number in range(150))
    assert asked((*many_cores, WASH))[0] == "Add Wash, or book without points."


@settings(max_examples=400, deadline=None)
@given(
    menu=OFFERS,
    minimum=st.sampled_from([0, 1_000, 4_000, 7_500]),
    needs_core=st.booleans(),
    worth=st.sampled_from([1, 10, 100]),
    balance=st.integers(0, 300),
    points=st.integers(1, 320),
    total=st.sampled_from([0, 100, 990, 3_500, 7_400, 8_000]),
    has_core=st.booleans(),
)
def test_no_cheaper_way_is_found_by_trying_everything(menu, minimum, needs_core, worth, balance, points, total, has_core):
    offers = [Offer(f"S{number}", price, is_core) for number, (price, is_core) in enumerate(menu)]
    guardrails = Guardrails(minimum, needs_core, "", worth)
    context = RedemptionContext(1, total, has_core, not has_core, points)
    ways = cheapest_way(guardrails, balance, context, offers)
    if decide_redemption(guardrails, balance, context).can_redeem:
        assert ways == ()
        return
    assert ways[-1] == "book without points"
    affordable = replace(context, requested_points=min(points, balance))
    is_enough = bool(balance) and decide_redemption(guardrails, balance, affordable).can_redeem
    named = [found[1] for way in ways if (found := ADDED.fullmatch(way))]
    if is_enough or not balance:
        assert named == [] and (ways[0] == f"use {balance:,} point{'s' * (balance != 1)}") == is_enough
        return
    tried = chain(combinations(offers, 1), combinations(offers, 2))
    working = [together for together in tried if decide_redemption(guardrails, balance, larger(affordable, together)).can_redeem]
    by_name = {offer.name: offer for offer in offers}
    chosen = tuple(by_name[name] for name in re.findall(r"S\d", named[0])) if named else ()
    if working:
        assert chosen in working or chosen[::-1] in working
        assert sum(offer.price_minor for offer in chosen) == min(sum(offer.price_minor for offer in together) for together in working)
    else:
        assert chosen == ()
    more = [decide_redemption(guardrails, balance, replace(affordable, cart_total_minor=minimum)).can_redeem]
    assert ("more" in "".join(named)) == (minimum > total and more == [True])


@settings(max_examples=200, deadline=None)
@given(total=st.integers(1, 5_000), points=st.integers(1, 800), worth=st.sampled_from([1, 7, 10, 100]))
def test_for_add_ons_alone_it_names_the_most_points_that_leave_something_to_pay(total, points, worth):
    guardrails, context = Guardrails(0, False, "", worth), RedemptionContext(1, total, False, True, points)
    check = decide_redemption(guardrails, points, context)
    fewer = [way for way in cheapest_way(guardrails, points, context, ()) if way.startswith("use ")]
    if check.can_redeem:
        assert fewer == []
        return
    allowed = [n for n in range(1, points + 1) if decide_redemption(guardrails, points, replace(context, requested_points=n)).can_redeem]
    assert fewer == ([f"use {allowed[-1]:,} point{'s' * (allowed[-1] != 1)}"] if allowed else [])
