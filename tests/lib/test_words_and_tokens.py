"""Tokens cannot be made up, exports cannot calculate, money adds up."""

from hypothesis import given
from hypothesis import strategies as st

from servicepro.lib.money import format_minor
from servicepro.lib.signing import sign_number, unsign_number
from servicepro.lib.spreadsheet_safety import plain_cell, safe_cell


@given(st.integers(min_value=1, max_value=2**62))
def test_a_token_comes_back_as_its_number_for_its_own_tenant_and_purpose_alone(number):
    token = sign_number("offer", "shop", number)
    assert unsign_number("offer", "shop", token) == number
    assert unsign_number("offer", "salon", token) is None
    assert unsign_number("unsubscribe", "shop", token) is None


@given(st.text(max_size=60))
def test_made_up_tokens_are_worth_nothing(text):
    assert unsign_number("offer", "shop", text) is None


@given(st.text(max_size=60))
def test_a_safe_cell_never_starts_a_formula_and_reads_back_as_it_was(text):
    assert not safe_cell(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    if not text.startswith("'"):
        assert plain_cell(safe_cell(text)) == text


def test_money_is_grouped_as_people_read_it():
    assert format_minor(485_000, "USD") == "$4,850.00"
    assert format_minor(12_345_678_900, "INR") == "₹12,34,56,789.00"
    assert format_minor(-5, "EUR") == "-€0.05"
