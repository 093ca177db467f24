"""Any list people have is read as they meant it: every delimiter, every encoding, every kind of workbook."""

import codecs
import csv
import io

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from servicepro.lib.spreadsheet import Table, read_table
from servicepro.lib.spreadsheet_safety import safe_cell
from tests.customers.corpus.workbooks import sheet_xml, xls, xlsx

HEADERS = ("Name", "Phone", "Notes")


def written(table, delimiter=",", encoding="utf-8", *, line_end="\r\n", bom=b"", quoting=csv.QUOTE_ALL):
    target = io.StringIO()
    csv.writer(target, delimiter=delimiter, lineterminator=line_end, quoting=quoting).writerows(table)
    return bom + target.getvalue().encode(encoding)


ENCODINGS = [
    ("utf-8", b""),
    ("utf-8", codecs.BOM_UTF8),
    ("utf-16-le", codecs.BOM_UTF16_LE),
    ("utf-16-be", codecs.BOM_UTF16_BE),
    ("utf-32-le", codecs.BOM_UTF32_LE),
]
texts = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff") | st.sampled_from("\n\r\t\"',;|=+-@"), max_size=12
)
people = st.lists(st.tuples(st.text("abcxyz", min_size=1, max_size=5), texts, texts), min_size=1, max_size=8)


@given(people, st.sampled_from(",;\t|"), st.sampled_from(ENCODINGS), st.sampled_from(["\n", "\r\n", "\r"]))
@example([("x", "'=1", '="+1"')], ",", ENCODINGS[0], "\n")
@settings(max_examples=100, deadline=None)
def test_every_table_reads_back_as_it_was_written(rows, delimiter, encoding, line_end):
    safe = [[safe_cell(cell) for cell in row] for row in [HEADERS, *rows]]
    table = read_table(written(safe, delimiter, encoding[0], line_end=line_end, bom=encoding[1]))
    assert (table.headers, table.rows) == (HEADERS, rows)
    assert table.row_numbers == list(range(2, len(rows) + 2))


@given(people, st.sampled_from(",;\t|"))
@settings(max_examples=50, deadline=None)
def test_every_windows_1252_table_reads_back_as_it_was_written(rows, delimiter):
    rows = [tuple(cell.encode("cp1252", "ignore").decode("cp1252") for cell in row) for row in rows]
    content = written([[safe_cell(cell) for cell in row] for row in [HEADERS, *rows, ("Jürgen", "", "ß")]], delimiter, "cp1252")
    for line in content.split(b"\n"):
        try:
            assume(line.isascii() or not line.decode("utf-8"))  # such bytes are UTF-8 as well, and nobody could tell
        except UnicodeDecodeError:
            continue
    assert read_table(content).rows == [*rows, ("Jürgen", "", "ß")]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["Ann", "Анна", "अनु", "安"])
def test_utf_16_is_recognised_without_a_mark(name, encoding):
    assert read_table(f"Name,Phone\n{name},5125550142\n".encode(encoding)).rows == [(name, "5125550142")]


def test_lines_of_two_encodings_are_each_read_as_they_are():
    table = read_table("Name,Phone\nJürgen,1\n".encode() + "Zoë,2\n".encode("cp1252") + "अनु,3\n".encode())
    assert [row[0] for row in table.rows] == ["Jürgen", "Zoë", "अनु"]
    assert table.notes == ("1 lines were read as Windows-1252, the others as UTF-8.",)


def test_zero_bytes_are_left_out_and_said():
    table = read_table(b"Name,Phone\nAn\0n,5125550142\n")
    assert table.rows == [("Ann", "5125550142")]
    assert table.notes == ("Zero bytes were left out.",)


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"sep=;\r\nName;Phone\r\nAnn, B;5\r\n", [("Ann, B", "5")]),
        (b"Name;Phone;Spent\nAnn;5;3,50\nBob;6;1,20\n", [("Ann", "5", "3,50"), ("Bob", "6", "1,20")]),
        (b"Name,Phone,Tags\nAnn,5,a;b;c\nBob,6,a;b\n", [("Ann", "5", "a;b;c"), ("Bob", "6", "a;b")]),
        (b'Name,Phone\n"Ann\nLee",5\n', [("Ann\nLee", "5")]),
        (b'Name,Phone\nBob "The Man",5\n', [('Bob "The Man"', "5")]),
        (b"Name,Phone\n,,\n\nAnn,5,\n", [("Ann", "5")]),
        (b"Phone\n5125550142\n", [("5125550142",)]),
        (b"Name,Phone\nAnn,5,more\n", [("Ann", "5", "more")]),
        (b'Name,Phone\nAnn,="+15125550142"\nBob,\'+15125550143\n', [("Ann", "+15125550142"), ("Bob", "+15125550143")]),
        ("Name,Phone\nAnn,=“+15125550142”\n".encode(), [("Ann", "+15125550142")]),
        (b"Name,Phone\n=1+1,5\n", [("=1+1", "5")]),
    ],
)
def test_a_list_is_read_as_people_meant_it(content, rows):
    assert read_table(content).rows == rows


def test_row_numbers_are_those_of_the_owners_program():
    assert read_table(b'Name,Phone\n\n"Ann\nLee",5\n,\nBob,6\n').row_numbers == [3, 5]
    assert read_table(b"My customers\n\nName,Phone\nAnn,5\n").row_numbers == [4]


def test_titles_above_the_headings_are_passed_over():
    table = read_table(b"Clients of Salon X,,\nexported 2026-11-01,,\n\nName,Phone,Email\nAnn,5125550142,\n")
    assert (table.headers, table.rows) == (("Name", "Phone", "Email"), [("Ann", "5125550142", "")])


@pytest.mark.parametrize("first", [b"Ann,(512) 555-0142\n", b"ann@example.com,Ann\n"])
def test_a_list_without_headings_keeps_its_first_person(first):
    table = read_table(first + b"Bob,5125550143\n")
    assert table.headers == ("Column 1", "Column 2")
    assert len(table.rows) == 2
    assert table.row_numbers == [1, 2]
    assert table.notes == ("The list has no headings; its columns are called Column 1, Column 2 and so on.",)


def test_headings_are_unique_and_never_empty():
    assert read_table(b"Phone,phone,,Phone (2),Phone\n1,2,3,4,5\n").headers == (
        "Phone",
        "phone (2)",
        "Column 3",
        "Phone (2) (2)",
        "Phone (3)",
    )


def test_a_cell_too_long_marks_its_row_only():
    table = read_table(b"Name,Phone\nAnn,5\nBob," + b"6" * 2_001 + b"\n")
    assert table.overlong_rows == {3}
    assert [len(row[1]) for row in table.rows] == [1, 2_000]


@pytest.mark.parametrize(
    ("cell", "text"), [(5125550142.0, "5125550142"), (919876543210, "919876543210"), (2.5, "2.5"), (True, "TRUE"), (-3, "-3")]
)
def test_numbers_of_a_workbook_are_written_out(cell, text):
    assert read_table(xlsx(sheet_xml([["Name", "x"], ["Ann", cell]]))).rows == [("Ann", text)]


def test_dates_of_a_workbook_become_iso_dates():
    sheet = sheet_xml([["Name", "Born", "Seen"], ["Ann", 32874, 45292.4375]], styles={"B2": 1, "C2": 1})
    assert read_table(xlsx(sheet)).rows == [("Ann", "1990-01-01", "2024-01-01 10:30:00")]


def test_an_old_workbook_is_read_like_a_new_one():
    rows = [["Name", "Phone", "Born"], ["Ann Müller", 5125550142.0, 32874.0], ["अनु 🎉", "'+15125550143", None]]
    table = read_table(xls(rows, dates=frozenset({(1, 2)})))
    assert table == Table(
        format="xls",
        headers=("Name", "Phone", "Born"),
        rows=[("Ann Müller", "5125550142", "1990-01-01"), ("अनु 🎉", "+15125550143", "")],
        row_numbers=[2, 3],
    )


def test_the_first_visible_sheet_with_anything_on_it_is_read():
    table = read_table(
        xlsx(sheet_xml([["hidden", "x"], ["a", "b"]]), sheet_xml([]), sheet_xml([["Name", "Phone"], ["Ann", "5"]]), hidden=1)
    )
    assert table.rows == [("Ann", "5")]
    assert table.notes == ("Only the sheet “Sheet 3” was read; the workbook has 1 more.",)


def test_blank_rows_and_titles_of_a_workbook_keep_the_row_numbers():
    table = read_table(xlsx(sheet_xml([["Clients"], [], ["Name", "Phone"], [], ["Ann", "5"]])))
    assert (table.headers, table.row_numbers) == (("Name", "Phone"), [5])
