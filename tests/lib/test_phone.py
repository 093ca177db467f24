"""Numbers are read as people meant them, and those that cannot be texted are named, not guessed."""

import pytest

from servicepro.lib.phone import Phone, PhoneProblem, mask_phone, mask_phones_in, parse_phone, phone_for_log


@pytest.mark.parametrize(
    "typed",
    [
        "(512) 555-0142",
        "512.555.0142",
        "+1 512 555 0142",
        "tel:+15125550142",
        "'+15125550142",
        "1-512-555-0142",
        "５１２５５５０１４２",
        "512\u00a0555\u202f0142",
    ],
)
def test_every_way_of_writing_an_american_mobile_is_one_number(typed):
    assert parse_phone(typed, "US") == Phone("+15125550142", "US")


@pytest.mark.parametrize("typed", ["9876543210", "919876543210", "+919876543210", "09876543210", "+91 98765 43210", "98765-43210"])
def test_every_way_of_writing_an_indian_mobile_is_one_number(typed):
    assert parse_phone(typed, "IN") == Phone("+919876543210", "IN")


@pytest.mark.parametrize(
    ("typed", "region", "problem"),
    [
        ("", "US", PhoneProblem.EMPTY),
        ("   ", "US", PhoneProblem.EMPTY),
        ("call me", "US", PhoneProblem.UNREADABLE),
        ("1-800-FLOWERS", "US", PhoneProblem.LETTERS),
        ("512-555-0142 x12", "US", PhoneProblem.EXTENSION),
        ("512-555-0142 ext. 3", "US", PhoneProblem.EXTENSION),
        ("12345", "US", PhoneProblem.SHORT_CODE),
        ("+1512555014", "US", PhoneProblem.UNREADABLE),
        ("+19005551234", "US", PhoneProblem.NOT_TEXTABLE),
        ("+18005551212", "US", PhoneProblem.NOT_TEXTABLE),
        ("+15555550123", "US", PhoneProblem.CHECK_NUMBER),
        ("📱", "US", PhoneProblem.UNREADABLE),
        ("0000000000", "IN", PhoneProblem.CHECK_NUMBER),
        ("1234567890", "IN", PhoneProblem.NOT_TEXTABLE),
        ("12345", "IN", PhoneProblem.SHORT_CODE),
    ],
)
def test_what_cannot_be_texted_is_named(typed, region, problem):
    assert parse_phone(typed, region) is problem
    assert problem.sentence.endswith((".", "format"))


def test_masks_show_where_a_number_is_from_and_how_it_ends():
    assert mask_phone("+15125550142") == "+1512•••0142"
    assert mask_phone(None) == "none"
    assert mask_phones_in("called (512) 555-0142 twice on 2026-11-21") == "called (+5125•••0142 twice on 2026-11-21"


def test_a_log_shows_whole_numbers_only_on_request():
    assert phone_for_log("+15125550142", is_full=False) == "+1512•••0142"
    assert phone_for_log("+15125550142", is_full=True) == "+15125550142"
    assert phone_for_log("555-01", is_full=False) == "•••"
