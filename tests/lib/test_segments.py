"""A text costs what the carrier bills."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicepro.lib.segments import count_segments, to_gsm

# The apology text as its owner first wrote it, with the quotes and dashes a word processor makes.
CURLY = (
    "Hey this is Jody with Clean Machine Auto Detail. We recently upgraded our phone & text system, and there’s a small chance we "
    "missed a message from you. I’m really sorry if that happened. To make it right, we’ve added 500 reward points to your account – "
    "you can use them toward interior protection, engine bay cleaning, or save them up toward a maintenance detail. Tap here to view "
    "options & book: https://clean-machine.example/o/BNI-x6Jl4CNWftxK. Reply STOP to unsubscribe."
)
# 3GPP TS 23.038, written out again here so that a slip in the module shows.
BASIC = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
EXTENSION = "^{}\\[~]|€\f"


@pytest.mark.parametrize(
    ("text", "encoding", "segments", "per_segment"),
    [
        ("", "GSM-7", 0, 160),
        ("a", "GSM-7", 1, 160),
        ("a" * 160, "GSM-7", 1, 160),
        ("a" * 161, "GSM-7", 2, 153),
        ("a" * 306, "GSM-7", 2, 153),
        ("a" * 307, "GSM-7", 3, 153),
        ("é" * 160, "GSM-7", 1, 160),
        ("€" * 80, "GSM-7", 1, 160),
        ("€" * 81, "GSM-7", 2, 153),
        ("ê" * 70, "UCS-2", 1, 70),
        ("ê" * 71, "UCS-2", 2, 67),
        ("🚗" * 35, "UCS-2", 1, 70),
        ("🚗" * 36, "UCS-2", 2, 67),
        ("🚗" * 66, "UCS-2", 2, 67),
        ("🚗" * 67, "UCS-2", 3, 67),
    ],
)
def test_the_count_is_the_carriers(text, encoding, segments, per_segment):
    count = count_segments(text)
    assert (count.encoding, count.segments, count.per_segment) == (encoding, segments, per_segment)


def test_every_character_of_the_plain_alphabet_costs_one_and_of_its_extension_two():
    assert len(set(BASIC)) == 127 and len(set(EXTENSION)) == 10
    assert {(count_segments(c).encoding, count_segments(c).units) for c in BASIC} == {("GSM-7", 1)}
    assert {(count_segments(c).encoding, count_segments(c).units) for c in EXTENSION} == {("GSM-7", 2)}
    others = {chr(code) for code in range(0x3000)} - set(BASIC) - set(EXTENSION)
    assert {count_segments(c).encoding for c in others} == {"UCS-2"}


def test_an_extension_character_is_never_split_across_two_parts():
    assert count_segments("a" * 152 + "€" + "a" * 152).segments == 3


def test_an_emoji_is_never_split_across_two_parts():
    assert count_segments("ê" * 66 + "🚗" + "ê" * 66).segments == 3


def test_the_text_with_curly_quotes_costs_twice_the_plain_one():
    dear, cheap = count_segments(CURLY), count_segments(to_gsm(CURLY))
    assert (dear.encoding, dear.segments) == ("UCS-2", 8)
    assert (cheap.encoding, cheap.segments, cheap.offending) == ("GSM-7", 4, ())
    assert [(offence.character, offence.suggestion) for offence in dear.offending] == [("’", "'"), ("’", "'"), ("’", "'"), ("–", "-")]
    assert all(CURLY[offence.position] == offence.character for offence in dear.offending)


def test_a_character_nothing_plain_can_stand_for_is_shown_without_a_suggestion():
    assert [(offence.position, offence.suggestion) for offence in count_segments("Hi 🚗").offending] == [(3, None)]


def test_what_word_processors_put_in_becomes_plain():
    assert to_gsm("“A” ‘b’ — c…\u00a0d\u200b • «e» `f`\tg\u2011h") == "\"A\" 'b' - c... d * \"e\" 'f' g-h"
    assert to_gsm("Ça va, Zoë? 🚗 ñ €5") == "Ça va, Zoë? 🚗 ñ €5"


@given(st.text(max_size=600))
def test_making_a_text_plain_never_leaves_fewer_plain_characters(text):
    assert len(count_segments(to_gsm(text)).offending) <= len(count_segments(text).offending)
    assert to_gsm(to_gsm(text)) == to_gsm(text)
    assert all(offence.suggestion is None for offence in count_segments(to_gsm(text)).offending)


@given(st.text(BASIC + EXTENSION + "ê🚗", max_size=700))
def test_parts_hold_all_units_and_waste_at_most_one_each(text):
    count = count_segments(text)
    assert count.units <= count.segments * count.per_segment
    if count.segments > 1:
        assert count.units > (count.segments - 1) * (count.per_segment - 1)
    assert (count.encoding == "UCS-2") == bool(count.offending) == bool({"ê", "🚗"} & set(text))
