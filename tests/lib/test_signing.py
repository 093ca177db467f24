"""A token cannot be made up, altered, or used elsewhere."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicepro.lib.signing import SIGNATURE_CHARACTERS, sign_bytes, sign_number, unsign_bytes, unsign_number

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@given(st.integers(min_value=0, max_value=2**62))
def test_a_token_comes_back_as_its_number_for_its_own_tenant_and_purpose_alone(number):
    token = sign_number("offer", "shop", number)
    assert unsign_number("offer", "shop", token) == number
    assert unsign_number("offer", "salon", token) is None
    assert unsign_number("unsubscribe", "shop", token) is None


@given(st.binary(max_size=60))
def test_a_payload_comes_back_whole_and_its_token_fits_any_link(payload):
    token = sign_bytes("attempt", "shop", payload)
    assert unsign_bytes("attempt", "shop", token) == payload
    assert re.fullmatch(r"[A-Za-z0-9_-]+", token)


def test_a_link_to_one_of_a_million_people_costs_seventeen_characters():
    assert len(sign_number("offer", "shop", 1_000_000)) == 4 + 1 + SIGNATURE_CHARACTERS == 17


@pytest.mark.parametrize("number", [0, 7, 1234, 10**9])
def test_no_other_letter_in_any_place_makes_a_token(number):
    token = sign_number("offer", "shop", number)
    for place in range(len(token)):
        for letter in LETTERS:
            altered = token[:place] + letter + token[place + 1 :]
            assert unsign_number("offer", "shop", altered) == (number if altered == token else None)


@pytest.mark.parametrize("alter", ["{}=", "{}A", "A{}", " {}", "{}\n", "{}{}", "é{}", "\ud800{}"])
def test_nothing_can_be_put_around_a_token(alter):
    token = sign_number("offer", "shop", 1234)
    assert unsign_number("offer", "shop", alter.replace("{}", token)) is None
    assert unsign_number("offer", "shop", token[1:]) is None
    assert unsign_number("offer", "shop", token[:-1]) is None


def test_purpose_and_scope_cannot_borrow_from_each_other():
    assert unsign_bytes("a", "bc", sign_bytes("ab", "c", b"x")) is None
    assert unsign_bytes("a", "b", sign_bytes("a", "b\0c", b"x")) is None


@given(st.text(max_size=60))
def test_made_up_tokens_are_worth_nothing(text):
    assert unsign_number("offer", "shop", text) is None


def test_another_secret_makes_other_tokens(settings):
    token = sign_number("offer", "shop", 5)
    settings.SECRET_KEY = "another-" + settings.SECRET_KEY
    assert unsign_number("offer", "shop", token) is None


def test_a_negative_number_is_a_fault_of_ours():
    with pytest.raises(OverflowError):
        sign_number("offer", "shop", -1)
