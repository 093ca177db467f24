"""Which page of a list somebody asks for."""

import re

_NUMBER = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)


def page_number(text: str) -> int:
    """Return the page that an address names, from 1; the first for what is no number."""
    return int(text) if _NUMBER.fullmatch(text) else 1


def page_count(total: int, rows: int) -> int:
    """Return how many pages of so many rows it takes to show all of them; one where there is nothing to show."""
    return max(1, -(-total // rows))
