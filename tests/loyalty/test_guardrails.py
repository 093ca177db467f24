"""What points may be used for: every reason in its order, at its boundary, in words; and the cheapest way out of each."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.policy import back_test, cheapest_way, coach, decide_redemption
from loyalty.types import BackTest, Guardrails, Offer, PastCart, RedemptionContext, Verdict
from loyalty.wording import points_in_words

HOUSE = Guardrails(7_500, True, "", 10)
FREE = Guardrails(0, False, "", 10)
OWN_WORDS = Guardrails(7_500, True, "Please call us first.", 10)
INTERIOR, WAX, FULL = Offer("Interior Protection", 2_500, False), Offer("Wax", 1_200, False), Offer("Full Detail", 15_000, True)


def cart(total=10_000, points=500, *, core=True, add_ons=False):
    return RedemptionContext(1, total, core, add_ons, points)


def reason(guardrails=HOUSE, balance=500, **wish):
    return decide_redemption(guardrails, balance, cart(**wish)).reason_code


@pytest.mark.parametrize(("total", "code"), [(7_499, "MIN_TOTAL_NOT_MET"), (7_500, ""), (7_501, "")])
def test_the_smallest_bill_is_met_to_the_cent(total, code):
    assert reason(total=total) == code


@pytest.mark.parametrize(
    ("wish", "balance", "code"),
    [
        ({"points": 0}, 500, "INVALID_AMOUNT"),
        ({"points": -1}, 500, "INVALID_AMOUNT"),
        ({"points": 501}, 500, "INSUFFICIENT_POINTS"),
        ({"points": 10**30}, 500, "INSUFFICIENT_POINTS"),
        ({"points": 1}, 0, "INSUFFICIENT_POINTS"),
        ({"total": 7_499}, 500, "MIN_TOTAL_NOT_MET"),
        ({"core": False}, 500, "NO_CORE_SERVICE"),
    ],
)
def test_every_reason_has_its_code(wish, balance, code):
    assert reason(balance=balance, **wish) == code


def test_reasons_are_told_in_their_order():
    worst = cart(total=0, points=0, core=False, add_ons=True)
    better = [
        (HOUSE, 0, worst),
        (HOUSE, 0, cart(total=0, core=False, add_ons=True)),
        (HOUSE, 500, cart(total=0, core=False, add_ons=True)),
        (HOUSE, 900, cart(total=7_500, points=900, core=False, add_ons=True)),
        (FREE, 900, cart(total=7_500, points=900, core=False, add_ons=True)),
        (FREE, 900, cart(total=0, points=900, core=False, add_ons=True)),
    ]
    assert [decide_redemption(*case).reason_code for case in better] == [
        "INVALID_AMOUNT", "INSUFFICIENT_POINTS", "MIN_TOTAL_NOT_MET", "NO_CORE_SERVICE", "ADD_ON_ONLY", "EXCEEDS_TOTAL",
    ]  # fmt: skip


def test_points_never_pay_for_add_ons_alone_but_may_help():
    wish = {"total": 2_000, "core": False, "add_ons": True}
    assert reason(FREE, points=200, **wish) == "ADD_ON_ONLY"
    assert reason(FREE, points=500, **wish) == "ADD_ON_ONLY"
    assert reason(FREE, points=199, **wish) == ""
    assert reason(FREE, points=200, total=2_000, core=False) == ""


def test_a_cart_that_costs_nothing_takes_no_points():
    assert reason(FREE, total=0) == reason(FREE, total=-5) == "EXCEEDS_TOTAL"


def test_points_worth_nothing_cannot_be_used():
    check = decide_redemption(Guardrails(0, False, "", 0), 500, cart())
    assert (check.reason_code, check.message) == ("INVALID_AMOUNT", "Points cannot be used here at the moment. You keep them all.")


def test_only_needed_points_are_allowed_and_the_last_may_be_worth_more():
    check = decide_redemption(FREE, 5_000, cart(total=1_995, points=5_000))
    assert (check.can_redeem, check.allowed_points, check.discount_minor) == (True, 200, 1_995)


@pytest.mark.parametrize(
    ("guardrails", "says"),
    [
        (HOUSE, "To use 500 points, your booking total must be at least $75 and include a main service."),
        (Guardrails(7_550, False, "", 10), "To use 500 points, your booking total must be at least $75.50."),
        (Guardrails(7_500, False, "", 10, "INR"), "To use 500 points, your booking total must be at least ₹75."),
        (OWN_WORDS, "Please call us first."),
    ],
)
def test_a_small_bill_is_told_in_the_business_s_words_or_ours(guardrails, says):
    assert decide_redemption(guardrails, 500, cart(total=100)).message == says


def test_the_business_s_words_are_for_carts_not_for_numbers():
    assert decide_redemption(OWN_WORDS, 500, cart(core=False)).message == "Please call us first."
    assert decide_redemption(OWN_WORDS, 500, cart(points=501)).message == "You have 500 points. Choose that many or fewer."
    assert decide_redemption(OWN_WORDS, 500, cart(points=0)).message.startswith("Say how many points")


@given(
    st.builds(Guardrails, st.integers(0, 20_000), st.booleans(), st.just(""), st.integers(0, 500)),
    st.integers(0, 10**6),
    st.builds(RedemptionContext, st.just(1), st.integers(-10, 10**6), st.booleans(), st.booleans(), st.integers(-5, 10**7)),
)
def test_a_discount_never_exceeds_the_bill_nor_the_points(guardrails, balance, context):
    check = decide_redemption(guardrails, balance, context)
    assert check.can_redeem == (not check.reason_code) == (not check.message) == (check.allowed_points > 0)
    assert 0 <= check.discount_minor <= max(0, context.cart_total_minor)
    assert check.allowed_points <= max(0, min(balance, context.requested_points))
    if check.can_redeem:
        worth = guardrails.point_value_minor
        assert (check.allowed_points - 1) * worth < check.discount_minor <= check.allowed_points * worth
        if context.has_only_add_ons:
            assert check.discount_minor < context.cart_total_minor


@pytest.mark.parametrize(
    ("guardrails", "balance", "context", "offers", "says"),
    [
        (HOUSE, 500, cart(6_300), [INTERIOR, WAX, FULL], "Add Wax or $12 more, or book without points."),
        (HOUSE, 500, cart(6_000), [INTERIOR, WAX, FULL], "Add Interior Protection or $15 more, or book without points."),
        (HOUSE, 500, cart(4_000), [INTERIOR, WAX], "Add Wax and Interior Protection or $35 more, or book without points."),
        (HOUSE, 500, cart(100), [INTERIOR, WAX], "Add $74 more, or book without points."),
        (HOUSE, 500, cart(8_000, core=False), [INTERIOR, WAX, FULL], "Add Full Detail, or book without points."),
        (HOUSE, 500, cart(8_000, core=False), [INTERIOR, WAX], "Book without points."),
        (HOUSE, 300, cart(), [], "Use 300 points, or book without points."),
        (HOUSE, 300, cart(6_300), [WAX], "Use 300 points and add Wax or $12 more, or book without points."),
        (HOUSE, 0, cart(), [FULL], "Book without points."),
        (FREE, 500, cart(2_000, 200, core=False, add_ons=True), [FULL], "Add Full Detail, or use 199 points, or book without points."),
        (HOUSE, 500, cart(), [FULL], ""),
    ],
)
def test_the_coach_names_the_cheapest_way(guardrails, balance, context, offers, says):
    assert coach(guardrails, balance, context, offers) == says


def test_the_coach_is_quick_with_a_large_catalog():
    offers = [Offer(f"Service {n}", 10 * n, False) for n in range(1, 500)]
    assert cheapest_way(HOUSE, 500, cart(100), offers)[-1] == "book without points"


def test_other_guardrails_are_tried_on_the_past():
    carts = [
        PastCart(8_000, True, False, 500),
        PastCart(10_000, True, False, 500),
        PastCart(9_000, True, False),
        PastCart(2_000, False, True),
    ]
    stricter = Guardrails(9_000, True, "", 20)
    assert back_test(HOUSE, stricter, iter(carts)) == BackTest(4, 2, Verdict(3, 2, 0, 10_000), Verdict(2, 1, 1, 10_000), 0, 1)
    assert back_test(stricter, HOUSE, carts).newly_allowed == 1
    assert back_test(HOUSE, stricter, []) == BackTest(0, 0, Verdict(), Verdict(), 0, 0)


def test_points_are_said_with_their_limits():
    said = [points_in_words(points, rules) for points, rules in itertools.product((1, 1_500), (HOUSE, FREE))]
    assert said == [
        "1 point (about $0.10 off, on bookings from $75 with a main service)",
        "1 point (about $0.10 off, on bookings)",
        "1,500 points (about $150 off, on bookings from $75 with a main service)",
        "1,500 points (about $150 off, on bookings)",
    ]
