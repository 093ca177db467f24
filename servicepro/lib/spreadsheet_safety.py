"""Keep exported cells from running as formulas, and read them back as they were."""

import re

# What a spreadsheet calculates: the four signs, their full-width forms, and the white space some programs skip before them.
# Leading apostrophes count, so that a cell which really began with one comes back with it.
_DANGEROUS = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def safe_cell(value: object) -> str:
    """Return a cell's text; what a spreadsheet would calculate gets a leading apostrophe. A number stays a number."""
    text = "" if value is None else str(value)
    return f"'{text}" if _DANGEROUS.match(text) and not isinstance(value, int | float) else text


def plain_cell(text: str) -> str:
    """Undo `safe_cell`."""
    return text[1:] if text.startswith("'") and _DANGEROUS.match(text) else text
