"""What differs between two attempts is marked, and nothing of either is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a2p.views.comparing import compared


def told(parts: list[tuple[bool, str]]) -> str:
    return "".join(text for _differs, text in parts)


def marked(parts: list[tuple[bool, str]]) -> list[str]:
    return [text for differs, text in parts if differs]


@given(st.text(), st.text())
def test_both_texts_are_told_whole(before, now):
    both = compared(before, now)
    assert (told(both.before), told(both.now)) == (before or "nothing", now or "nothing")


def test_a_changed_word_alone_is_marked():
    both = compared("We text you about your next wash", "We text you about your next appointment")
    assert (marked(both.before), marked(both.now)) == (["wash"], ["appointment"])


@pytest.mark.parametrize(
    ("before", "now", "shown"),
    [
        (False, True, ("no", "yes")),
        (None, "a", ("nothing", "a")),
        (["one", "two"], ["one", "three"], ("two", "three")),
        (["one"], ["one", "two"], ("nothing", "two")),
        (["one", "two"], ["two", "one"], ("one\ntwo", "two\none")),
    ],
)
def test_values_are_told_as_people_read_them(before, now, shown):
    both = compared(before, now)
    assert (told(both.before), told(both.now)) == shown
