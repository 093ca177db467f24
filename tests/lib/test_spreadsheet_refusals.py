"""Whatever is dropped on the page, the answer is a sentence, soon, in little memory."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from servicepro.lib.spreadsheet import TableLimits, TableTooLarge, UnreadableTable, read_table, workbooks
from tests.customers.corpus.bad import BAD_FILES, CSV, PEOPLE
from tests.customers.corpus.workbooks import sheet_xml, xlsx

ROOT = Path(__file__).resolve().parents[2]
MEGABYTE = 1024 * 1024
MEMORY_GROWTH_MAX = 30 * MEGABYTE


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_refused_with_a_sentence_that_says_what_to_do(name):
    bad = BAD_FILES[name]
    with pytest.raises(UnreadableTable) as refusal:
        read_table(bad.content())
    assert (refusal.value.reason, refusal.value.status) == (bad.reason, bad.status)
    assert refusal.value.message.startswith(bad.sentence)
    assert refusal.value.message.endswith(".")
    assert isinstance(refusal.value, TableTooLarge) == (bad.status == 413)


def test_the_limits_are_those_given():
    assert len(read_table(CSV + b"Bob,1\n" * 9, TableLimits(rows_max=10)).rows) == 10
    with pytest.raises(TableTooLarge, match="more than 9 rows"):
        read_table(CSV + b"Bob,1\n" * 9, TableLimits(rows_max=9))


_CHILD = """
import json, resource, sys
from servicepro.lib.spreadsheet import UnreadableTable, read_table
content = sys.stdin.buffer.read()
def peak(who): return resource.getrusage(who).ru_maxrss * 1024
before = peak(resource.RUSAGE_SELF)
try:
    read_table(content); reason = "read"
except UnreadableTable as error:
    reason = error.reason
print(json.dumps([reason, peak(resource.RUSAGE_SELF) - before, peak(resource.RUSAGE_CHILDREN)]))
"""


@pytest.mark.parametrize(
    "name", ["zip bomb", "zip bomb within the total", "zip bomb that lies about its size", "two cells far apart", "entity expansion"]
)
def test_memory_stays_flat_when_a_bomb_is_refused(name):
    content = BAD_FILES[name].content()
    assert len(content) < MEGABYTE
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", _CHILD], input=content, capture_output=True, cwd=ROOT, check=True)
    reason, growth, of_children = json.loads(done.stdout)
    assert reason == BAD_FILES[name].reason
    assert growth < MEMORY_GROWTH_MAX
    assert of_children < 100 * MEGABYTE
    assert time.monotonic() - started < 5


def test_the_reader_is_alive_after_every_bad_file():
    for name in ("two cells far apart", "xls of rubbish", "noise"):
        with pytest.raises(UnreadableTable):
            read_table(BAD_FILES[name].content())
    assert read_table(xlsx(sheet_xml(PEOPLE))).rows == [tuple(row) for row in PEOPLE[1:]]


@pytest.mark.parametrize("limits", [{"_MEMORY_BASE": MEGABYTE, "_MEMORY_TIMES_UNPACKED": 0}, {"WALL_TIMES_CPU": 0.0001}])
def test_a_parser_that_takes_too_much_is_ended(limits, monkeypatch):
    for name, value in limits.items():
        monkeypatch.setattr(workbooks, name, value)
    with pytest.raises(UnreadableTable):
        read_table(xlsx(sheet_xml(PEOPLE)))
