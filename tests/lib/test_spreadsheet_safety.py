"""An export cannot calculate, and comes back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicepro.lib.spreadsheet_safety import plain_cell, safe_cell


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("+15125550142", "'+15125550142"),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("-5", "'-5"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("＝1", "'＝1"),
        ("'=1", "''=1"),
        ("O'Neil", "O'Neil"),
        ("'n Abend", "'n Abend"),
        ("500", "500"),
        ("", ""),
        (None, ""),
        (500, "500"),
        (-500, "-500"),
        (-1.5, "-1.5"),
    ],
)
def test_only_a_text_that_would_calculate_is_quoted(value, cell):
    assert safe_cell(value) == cell


@given(st.text("'=+-@\t\r\n＝a", max_size=8) | st.text(max_size=60))
def test_a_safe_cell_never_starts_a_formula_and_reads_back_as_it_was(text):
    assert not safe_cell(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
    assert plain_cell(safe_cell(text)) == text
