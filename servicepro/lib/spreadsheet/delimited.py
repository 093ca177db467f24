"""Split text into records, whatever character separates its columns."""

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator

from servicepro.lib.spreadsheet.types import UnreadableTable

DELIMITERS = ",;\t|"
SAMPLE_CHARACTERS = 200_000
SAMPLE_RECORDS = 100
_DECLARED = re.compile(r'\A"?sep=([,;\t|])"?\r?\n', re.IGNORECASE)  # Excel's own first line, which it never shows
_END = "\ue000end of file\ue000"


def records_of(text: str) -> Iterator[list[str]]:
    """Yield every record, blank ones too; raises UnreadableTable where a quotation mark is never closed."""
    if declared := _DECLARED.match(text):
        text, delimiter = text[declared.end() :], declared.group(1)
    else:
        delimiter = _delimiter_of(text)
    count = 0
    record: list[str] = []
    try:
        # The last line can only stay a line of its own if no quotation mark is open before it.
        for record in csv.reader(itertools.chain(io.StringIO(text, newline=""), [_END]), delimiter=delimiter):
            if record == [_END]:
                return
            count += 1
            yield record
    except csv.Error as error:  # a cell larger than the csv module takes
        raise _open_quote(count + 1) from error
    raise _open_quote(count)


def _open_quote(row: int) -> UnreadableTable:
    return UnreadableTable(
        "open_quote",
        f'A quotation mark (") opened in row {row} is never closed, so the rest of the file would become one cell.'
        " Remove it, or save the list again from your spreadsheet program.",
        row=row,
    )


def _delimiter_of(text: str) -> str:
    sample = text[:SAMPLE_CHARACTERS]
    scores = {delimiter: _score(sample, delimiter, is_cut=len(sample) < len(text)) for delimiter in DELIMITERS}
    return max(DELIMITERS, key=scores.__getitem__)


def _score(sample: str, delimiter: str, *, is_cut: bool) -> tuple[bool, bool, float, bool, int]:
    """Rank a delimiter: does it split at all, are quotes where they belong, do the records agree, and with the first."""
    widths, is_clean = _widths(sample, delimiter, is_strict=True)
    if not is_clean and not is_cut:
        widths, _ = _widths(sample, delimiter, is_strict=False)
    if not widths:
        return False, False, 0.0, False, 0
    width, times = Counter(widths).most_common(1)[0]
    return width > 1, is_clean or is_cut, round(times / len(widths), 1), widths[0] == width, width


def _widths(sample: str, delimiter: str, *, is_strict: bool) -> tuple[list[int], bool]:
    widths: list[int] = []
    try:
        for record in itertools.islice(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, strict=is_strict), SAMPLE_RECORDS):
            if any(record):
                widths.append(len(record))
    except csv.Error:
        return widths, False
    return widths, True
