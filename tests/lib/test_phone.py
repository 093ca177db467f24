"""Numbers are read as people meant them, and those that cannot be texted are named, not guessed."""

from unittest import mock

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from servicepro.lib.phone import (
    Phone,
    PhoneProblem,
    _kind_and_region,
    _north_american,
    e164_or_none,
    is_us_number,
    mask_phone,
    mask_phones_in,
    parse_phone,
    phone_for_log,
)


@pytest.mark.parametrize(
    "typed",
    [
        "(512) 555-0142",
        "512.555.0142",
        "+1 512 555 0142",
        "tel:+15125550142",
        "tel:+1-512-555-0142",
        "sms:+15125550142",
        "'+15125550142",
        "'tel:+15125550142",
        "1-512-555-0142",
        "５１２５５５０１４２",
        "＋1 512 555 0142",
        "٥١٢٥٥٥٠١٤٢",
        "512\u00a0555\u202f0142",
        "\u202a+1 (512) 555\u20110142\u202c",
        "\u2068+15125550142\u2069",
        "\ufeff+15125550142\n",
        "512 – 555 – 0142",
    ],
)
def test_every_way_of_writing_an_american_mobile_is_one_number(typed):
    assert parse_phone(typed, "US") == Phone("+15125550142", "US")


@pytest.mark.parametrize(
    "typed",
    ["9876543210", "09876543210", "919876543210", "+919876543210", "98765 43210", "98765-432-10", "+91 98765 43210", "98765-43210"],
)
def test_every_way_of_writing_an_indian_mobile_is_one_number(typed):
    assert parse_phone(typed, "IN") == Phone("+919876543210", "IN")


def test_a_number_with_its_country_is_read_the_same_everywhere():
    assert parse_phone("+1 415 555 2671", "IN") == parse_phone("(415) 555-2671", "US") == Phone("+14155552671", "US")
    assert parse_phone("011 91 98765 43210", "US") == Phone("+919876543210", "IN")


@pytest.mark.parametrize("country_code", [1, 7, 39, 44, 49, 52, 61, 91, 262, 590, 870])
def test_kind_and_country_are_the_libraries_own(country_code):
    """Of every region that shares the code an example of every kind, and its neighbours, which mostly are no numbers."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[country_code]
    examples = [phonenumbers.example_number_for_type(region, kind) for region in regions for kind in range(11) if region != "001"]
    examples.append(phonenumbers.PhoneNumber(country_code=country_code, national_number=301234567))
    for one in filter(None, examples):
        for step in (0, 1, -1, 1000, -100_000, 10_000_000, 900_000_000):
            number = phonenumbers.PhoneNumber(country_code=country_code, national_number=abs(one.national_number + step))
            wanted = phonenumbers.number_type(number), phonenumbers.region_code_for_number(number)
            assert _kind_and_region(number) == (wanted if wanted[0] != phonenumbers.PhoneNumberType.UNKNOWN else (wanted[0], mock.ANY))


def test_the_fictional_numbers_of_the_demo_can_be_texted():
    assert e164_or_none("+1 615 555 0123", "US") == "+16155550123"
    assert e164_or_none("+15125550142", "US") == "+15125550142"


@pytest.mark.parametrize(
    ("typed", "region", "problem"),
    [
        (None, "US", PhoneProblem.EMPTY),
        ("", "US", PhoneProblem.EMPTY),
        ("   ", "US", PhoneProblem.EMPTY),
        ("'", "US", PhoneProblem.EMPTY),
        ("\u200b", "US", PhoneProblem.EMPTY),
        ("call me", "US", PhoneProblem.UNREADABLE),
        ("abcdefghij", "IN", PhoneProblem.UNREADABLE),
        ("📱", "US", PhoneProblem.UNREADABLE),
        ("📱 512 555 0142", "US", PhoneProblem.UNREADABLE),
        ("5️⃣12 555 0142", "US", PhoneProblem.UNREADABLE),
        ("512²5550142", "US", PhoneProblem.UNREADABLE),
        ("+", "US", PhoneProblem.UNREADABLE),
        ("1" * 300, "US", PhoneProblem.UNREADABLE),
        ("512-555-0142 / 512-555-0143", "US", PhoneProblem.UNREADABLE),
        ("5125550142,5125550143", "US", PhoneProblem.UNREADABLE),
        ("+1512555014", "US", PhoneProblem.UNREADABLE),
        ("+1 512 555 01422", "US", PhoneProblem.UNREADABLE),
        ("+911", "US", PhoneProblem.UNREADABLE),
        ("5125550142", "XX", PhoneProblem.UNREADABLE),
        ("5125550142", "", PhoneProblem.UNREADABLE),
        ("1-800-FLOWERS", "US", PhoneProblem.LETTERS),
        ("(512) 555-0142 (cell)", "US", PhoneProblem.LETTERS),
        ("5.125550142E+09", "US", PhoneProblem.LETTERS),
        ("512-555-0142 x12", "US", PhoneProblem.EXTENSION),
        ("512-555-0142 ext. 3", "US", PhoneProblem.EXTENSION),
        ("512-555-0142 #3", "US", PhoneProblem.EXTENSION),
        ("512-555-0142, 3", "US", PhoneProblem.EXTENSION),
        ("tel:+15125550142;ext=3", "US", PhoneProblem.EXTENSION),
        ("911", "US", PhoneProblem.SHORT_CODE),
        ("12345", "US", PhoneProblem.SHORT_CODE),
        ("262-966", "US", PhoneProblem.SHORT_CODE),
        ("12345", "IN", PhoneProblem.SHORT_CODE),
        ("+15555550123", "US", PhoneProblem.CHECK_NUMBER),
        ("0000000000", "IN", PhoneProblem.CHECK_NUMBER),
        ("14155552671", "IN", PhoneProblem.CHECK_NUMBER),
        ("+19005551234", "US", PhoneProblem.NOT_TEXTABLE),
        ("+18005551212", "US", PhoneProblem.NOT_TEXTABLE),
        ("+448431234567", "US", PhoneProblem.NOT_TEXTABLE),
        ("+442071838750", "US", PhoneProblem.NOT_TEXTABLE),
        ("1234567890", "IN", PhoneProblem.NOT_TEXTABLE),
        ("+870773110123", "US", PhoneProblem.NOT_TEXTABLE),
    ],
)
def test_what_cannot_be_texted_is_named(typed, region, problem):
    assert parse_phone(typed, region) is problem
    assert problem.sentence.endswith((".", "format"))
    assert e164_or_none(typed, region) is None


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=70), st.text("0123456789+-(). ,xX#*٥'", max_size=30)), st.sampled_from(["US", "IN", "GB", "XX", ""]))
@example("+", "US")
def test_any_text_gets_an_answer_and_a_good_one_reads_back_as_itself(text, region):
    answer = parse_phone(text, region)
    if isinstance(answer, Phone):
        assert parse_phone(answer.e164, region) == answer
        assert phonenumbers.is_valid_number(phonenumbers.parse(answer.e164))


@settings(max_examples=300, deadline=None)
@given(st.integers(200, 999), st.integers(0, 9_999_999))
def test_the_answer_agrees_with_the_library_about_what_exists(area, rest):
    text = f"+1{area}{rest:07}"
    number, answer = phonenumbers.parse(text), parse_phone(text, "US")
    exists = isinstance(answer, Phone) or answer is PhoneProblem.NOT_TEXTABLE
    assert exists == phonenumbers.is_valid_number(number)


@pytest.mark.parametrize(
    ("e164", "masked"),
    [
        ("+15125550142", "+1512•••0142"),
        ("+919876543210", "+9198•••3210"),
        ("+6591234567", "•••4567"),
        ("+912", "•••"),
        ("+29912345", "•••"),
        ("", "none"),
        (None, "none"),
    ],
)
def test_a_mask_shows_where_a_number_is_from_and_hides_at_least_three_digits(e164, masked):
    assert mask_phone(e164) == masked


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("called (512) 555-0142 twice on 2026-11-21", "called •••0142 twice on 2026-11-21"),
        ("call 5125550142-thanks", "call •••0142-thanks"),
        ("tel15125550142", "tel+1512•••0142"),
        ("Messages.json?To=%2B15125550142&PageSize=50", "Messages.json?To=+1512•••0142&PageSize=50"),
        ("{'to': '+1 512 555 0142'}", "{'to': '+1512•••0142'}"),
        ("5125550142,5125550143 5125550144", "•••0142,•••0143 •••0144"),
        ("+15125550142+15125550143", "+1512•••0142+1512•••0143"),
        ("+47 12 34 56 78", "•••5678"),
        ("５１２５５５０１４２", "•••0142"),
        ("+1512•••0142", "+1512•••0142"),
    ],
)
def test_a_phone_in_a_log_line_is_hidden_however_it_is_written(line, masked):
    assert mask_phones_in(line) == masked


@pytest.mark.parametrize(
    "line",
    [
        "",
        "no digits",
        "2026-11-21 03:59:34,123 started",
        "2026-11-21T03:59:34.123456Z",
        "client 192.168.100.200 port 54321",
        "sid=SM0123456789012345678901234567ab",
        "sid=MG01234567890123456789012345678912",
        "attempt 00000000-1234-5678-9012-345678901234",
        "trace 4bf92f3577b34da6a3ce929d0e0e4736",
        "took=0.0123456789012 at 1732161574.123456",
        "sent 500 of 1000 in 12 batches",
        "extension 555-0142",
    ],
)
def test_dates_ids_and_amounts_stay_readable(line):
    assert mask_phones_in(line) == line


@settings(max_examples=300, deadline=None)
@given(
    st.from_regex(r"[2-9]\d{2}[2-9]\d{6}", fullmatch=True),
    st.sampled_from(["{}{}{}", "+1{}{}{}", "1-{}-{}-{}", "({}) {}-{}", "{}.{}.{}", "%2B1{}{}{}", "+1 {} {} {}", "tel:{}-{}-{}"]),
    st.text("abc XYZ=:'\"{}&,;\n", max_size=12),
    st.text("abc XYZ=:'\"{}&,;\n", max_size=12),
)
def test_no_log_line_keeps_a_whole_phone(national, pattern, before, after):
    masked = mask_phones_in(before + pattern.format(national[:3], national[3:6], national[6:]) + after)
    assert national not in "".join(character for character in masked if character.isdigit())
    assert mask_phones_in(masked) == masked


def test_a_log_shows_whole_numbers_only_on_request():
    assert phone_for_log("+15125550142", is_full=False) == "+1512•••0142"
    assert phone_for_log("(512) 555-0142", is_full=False) == "•••0142"
    assert phone_for_log("+15125550142", is_full=True) == "+15125550142"
    assert phone_for_log("555-01", is_full=False) == "•••"
    assert phone_for_log(None, is_full=False) == phone_for_log("", is_full=True) == "none"


@given(st.text(max_size=200))
def test_a_phone_in_a_log_is_one_word_and_cannot_forge_a_line(text):
    assert len(phone_for_log(text, is_full=True).split()) == 1
    assert len(phone_for_log(text, is_full=False).split()) == 1


@settings(max_examples=500, deadline=None)
@given(
    code=st.sampled_from(["", "1", "+1", "1-", "+1 "]),
    digits=st.from_regex(r"[2-9][0-9]{2}[2-9][0-9]{6}", fullmatch=True),
    written=st.sampled_from(["({}) {}-{}", "{}-{}-{}", "{}.{}.{}", "{}{}{}", "({}){} {}", "{} {}{}"]),
    region=st.sampled_from(["US", "CA", "BS", "JM", "PR", "DE", "IN"]),
)
def test_a_north_american_number_is_read_as_the_general_parser_reads_it(code: str, digits: str, written: str, region: str) -> None:
    text = code + written.format(digits[:3], digits[3:6], digits[6:])
    if (quick := _north_american(text, region)) is not None:
        general = phonenumbers.parse(text, region)
        assert (quick.country_code, quick.national_number) == (general.country_code, general.national_number)


@given(st.integers(2_000_000_000, 9_999_999_999))
@example(5_125_550_142)
@example(4_165_550_142)  # Toronto
@example(7_872_340_142)  # Puerto Rico
@example(5_212_345_678)
def test_a_number_behind_plus_one_is_american_where_the_numbering_plan_says_no_other_country(digits):
    number = f"+1{digits}"
    assert is_us_number(number) == (phonenumbers.region_code_for_number(phonenumbers.parse(number)) in (None, "US"))


def test_numbers_of_other_countries_are_not_american():
    assert not is_us_number("+919812345670") and not is_us_number("+442079460000")
