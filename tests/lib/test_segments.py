"""A text costs what the carrier bills."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicepro.lib.segments import count_segments, to_gsm


@pytest.mark.parametrize(
    ("text", "encoding", "segments"),
    [
        ("", "GSM-7", 0),
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3),
        ("é" * 160, "GSM-7", 1),
        ("€" * 80, "GSM-7", 1),
        ("€" * 81, "GSM-7", 2),
        ("ê" * 70, "UCS-2", 1),
        ("ê" * 71, "UCS-2", 2),
        ("🚗" * 35, "UCS-2", 1),
        ("🚗" * 36, "UCS-2", 2),
    ],
)
def test_the_count_is_the_carriers(text, encoding, segments):
    count = count_segments(text)
    assert (count.encoding, count.segments) == (encoding, segments)


def test_an_extension_character_is_never_split_across_two_parts():
    assert count_segments("a" * 152 + "€" + "a" * 152).segments == 3


def test_one_curly_quote_makes_the_whole_text_dear_and_is_pointed_at():
    count = count_segments("I’m sorry")
    assert count.encoding == "UCS-2"
    assert [(offence.character, offence.position, offence.suggestion) for offence in count.offending] == [("’", 1, "'")]
    assert count_segments(to_gsm("I’m sorry – really…")).encoding == "GSM-7"


@given(st.text(max_size=600))
def test_making_a_text_plain_never_leaves_fewer_plain_characters(text):
    assert len(count_segments(to_gsm(text)).offending) <= len(count_segments(text).offending)
