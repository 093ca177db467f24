"""What a welcome offer takes off a bill, and when it does not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.policy import decide_offer
from loyalty.types import OfferPromise, OfferTerms

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TENTH = OfferTerms(1, "Tenth", True, 10, None, 0, 30, 1, True, "INR")
HUNDRED = replace(TENTH, is_percentage=False, discount_value=10_000)
MINE = OfferPromise("WELCOME-A7K9M2", NOW + timedelta(days=30), 0)


@pytest.mark.parametrize(
    ("terms", "promise", "total", "reason", "message"),
    [
        (None, MINE, 50_000, "OFFER_INACTIVE", "Offer not found or inactive"),
        (replace(TENTH, is_active=False), MINE, 50_000, "OFFER_INACTIVE", "Offer not found or inactive"),
        (TENTH, None, 50_000, "OFFER_NOT_CLAIMED", "Register to claim this offer first"),
        (TENTH, replace(MINE, expires_at=None), 50_000, "OFFER_NOT_CLAIMED", "Register to claim this offer first"),
        (TENTH, replace(MINE, expires_at=NOW - timedelta(microseconds=1)), 50_000, "OFFER_EXPIRED", "Offer has expired"),
        (TENTH, replace(MINE, uses=1), 50_000, "OFFER_USED", "Offer already used"),
        (replace(TENTH, minimum_purchase_minor=50_000), MINE, 49_999, "OFFER_MINIMUM_NOT_MET", "Minimum purchase of ₹500 required"),
        (TENTH, MINE, 0, "OFFER_NOTHING_TO_PAY", "There is nothing to pay here"),
        (TENTH, MINE, 9, "OFFER_NOTHING_TO_PAY", "There is nothing to pay here"),
    ],
)
def test_an_offer_that_cannot_be_used_says_why(terms, promise, total, reason, message):
    check = decide_offer(terms, promise, total, NOW)
    assert (check.is_valid, check.discount_minor, check.reason_code, check.message) == (False, 0, reason, message)


def test_the_first_rule_that_fails_is_named():
    terms = replace(TENTH, is_active=False, minimum_purchase_minor=99_999)
    assert decide_offer(terms, replace(MINE, expires_at=NOW - timedelta(days=1), uses=9), 1, NOW).reason_code == "OFFER_INACTIVE"
    still = replace(terms, is_active=True)
    assert decide_offer(still, replace(MINE, expires_at=NOW - timedelta(days=1), uses=9), 1, NOW).reason_code == "OFFER_EXPIRED"
    assert decide_offer(still, replace(MINE, uses=9), 1, NOW).reason_code == "OFFER_USED"
    assert decide_offer(still, MINE, 1, NOW).reason_code == "OFFER_MINIMUM_NOT_MET"


@pytest.mark.parametrize(
    ("terms", "total", "discount"),
    [
        (TENTH, 50_000, 5_000),
        (TENTH, 50_009, 5_000),  # rounded down
        (replace(TENTH, max_discount_minor=3_000), 50_000, 3_000),
        (replace(TENTH, max_discount_minor=5_000), 50_000, 5_000),
        (replace(TENTH, discount_value=100), 50_000, 50_000),
        (HUNDRED, 50_000, 10_000),
        (HUNDRED, 4_000, 4_000),  # never more than the bill
        (replace(TENTH, minimum_purchase_minor=50_000), 50_000, 5_000),
    ],
)
def test_the_discount_is_what_the_terms_say(terms, total, discount):
    assert decide_offer(terms, MINE, total, NOW).discount_minor == discount


def test_an_offer_runs_to_its_last_moment():
    assert decide_offer(TENTH, replace(MINE, expires_at=NOW), 50_000, NOW).is_valid


@given(
    is_percentage=st.booleans(),
    value=st.integers(1, 100),
    cap=st.none() | st.integers(1, 10**6),
    minimum=st.integers(0, 10**6),
    total=st.integers(-10, 10**7),
)
def test_a_discount_is_never_negative_more_than_the_bill_or_above_the_cap(is_percentage, value, cap, minimum, total):
    terms = replace(
        TENTH,
        is_percentage=is_percentage,
        discount_value=value,
        max_discount_minor=cap if is_percentage else None,
        minimum_purchase_minor=minimum,
    )
    check = decide_offer(terms, MINE, total, NOW)
    assert 0 <= check.discount_minor <= max(total, 0)
    assert check.is_valid == (check.discount_minor > 0)
    if is_percentage and cap is not None:
        assert check.discount_minor <= cap
    if check.is_valid:
        assert total >= minimum
