"""A row becomes a person as meant, or says in plain words why it cannot."""

import csv
import datetime
import io
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.importing.columns import match_columns
from customers.importing.rows import ReadRow, read_rows
from servicepro.lib.spreadsheet import read_table
from servicepro.lib.spreadsheet_safety import safe_cell

TODAY = datetime.date(2026, 11, 21)
PHONE = "(512) 555-0142"


def read(content, *, region="US"):
    table = read_table(content if isinstance(content, bytes) else content.encode())
    return list(read_rows(table, match_columns(table.headers, table.rows), region=region, today=TODAY))


def one(*, region="US", **cells):
    target = io.StringIO()
    values = {"Name": "Ann", "Phone": PHONE, **{heading.replace("_", " "): cell for heading, cell in cells.items()}}
    csv.writer(target).writerows([values, [safe_cell(cell) for cell in values.values()]])
    (row,) = read(target.getvalue(), region=region)
    return row


@pytest.mark.parametrize(
    "typed",
    [
        "9876543210",
        "09876543210",
        "919876543210",
        "+919876543210",
        "98765 43210",
        "98765-432-10",
        "9876543210.0",
        "9.19876543210E+11",
        "9,876543210e9",
    ],
)
def test_every_spelling_of_an_indian_phone_is_one_number(typed):
    assert one(Phone=typed, region="IN").phone == "+919876543210"


@pytest.mark.parametrize("typed", ["12345", "abcdefghij", "0000000000", "1234567890", "9.19877E+11"])
def test_what_is_no_phone_is_refused(typed):
    (problem,) = one(Phone=typed, region="IN").problems
    assert problem.startswith("Invalid phone number format")


@pytest.mark.parametrize(
    "typed",
    [
        "5125550142.0",
        "5.125550142E+9",
        "=5125550142",
        '="5125550142"',
        "'+15125550142",
        "M: 512-555-0142",
        "512-555-0142 (mobile)",
        "Tel. 512 555 0142",
    ],
)
def test_what_spreadsheets_and_people_put_around_a_phone_is_passed_over(typed):
    row = one(Phone=typed)
    assert (row.phone, row.problems) == ("+15125550142", ())


@pytest.mark.parametrize(
    ("cells", "problems"),
    [
        ({}, ()),
        ({"Name": ""}, ("Name is required",)),
        ({"Name": " --- "}, ("Name is required",)),
        ({"Name": "N/A"}, ("Name is required",)),
        ({"Phone": ""}, ("Invalid phone number format: there is no phone number.",)),
        ({"Phone": "n/a"}, ("Invalid phone number format: there is no phone number.",)),
        ({"Phone": "call her mother"}, ("Invalid phone number format",)),
        ({"Phone": "555-0142"}, ("Invalid phone number format: this number does not exist as written; check the digits.",)),
        ({"Phone": "1-800-FLOWERS"}, ("Invalid phone number format: the number contains letters; write it with digits only.",)),
        ({"Phone": "5.12556E+09"}, ("Invalid phone number format: a spreadsheet shortened it to 5.12556E+09. Format the column as text and enter it again.",)),
        ({"Email": "ann@example"}, ("Invalid email format",)),
        ({"Email": "ann example.com"}, ("Invalid email format",)),
        ({"Email": "ann@@example.com"}, ("Invalid email format",)),
        ({"Email": "n/a"}, ()),
        ({"Email": f"{'a' * 65}@example.com"}, ("Invalid email format",)),
        ({"Name": "x" * 255}, ()),
        ({"Name": "x" * 300}, ("Row exceeds maximum length",)),
        ({"Notes": "x" * 2_001}, ("Row exceeds maximum length",)),
        ({"Name": "", "Phone": "12345", "Email": "x"}, ("Name is required", "Invalid phone number format: this is a short code, not a person's phone.", "Invalid email format")),
    ],
)  # fmt: skip
def test_a_row_says_everything_that_is_wrong_with_it(cells, problems):
    assert one(**cells).problems == problems


@pytest.mark.parametrize("name", ["محمد علی", "שרה", "Zoë 🎉", "👩‍🦰 Ann", "O'Brien", "李小龍", "علی‌رضا", "=Ann", "+Ann", "@ann"])
def test_names_of_every_script_stay_as_they_are(name):
    assert (one(Name=name).name, one(Name=name).problems) == (name, ())


def test_marks_that_turn_or_hide_text_are_taken_out_of_names():
    assert one(Name="\u202eAnn\u202c \u200bLee\ufeff\x07").name == "Ann Lee"


def test_the_first_usable_phone_wins_and_the_others_are_kept():
    row = one(Phone="12", Phone_2="512-555-0143", Mobile="512 555 0144; 512 555 0145")
    assert (row.phone, row.phone_raw) == ("+15125550144", "512 555 0144; 512 555 0145")
    assert row.other_phones == ("+15125550145", "+15125550143")
    assert row.extra == {"Phone": "12", "Phone 2": "512-555-0143"}


def test_a_further_number_that_stands_as_further_data_too_is_named():
    row = one(Phone="512-555-0143", Mobile="512 555 0144", Office="(512) 555-0143", Shop="512-555-0144, ask for Ann", Shoe_size="38")
    assert row.other_phones == ("+15125550143",)
    assert row.repeated == {"Phone", "Office"} and row.repeated < set(row.extra)
    assert one(Phone="512-555-0143", Office="512-555-0143").repeated == set()  # a single number is no further one


def test_the_reason_is_that_of_the_phone_that_counts_first():
    row = one(Phone="12345", Phone_2="")
    assert (row.phone, row.phone_raw, len(row.problems)) == (None, "12345", 1)


@pytest.mark.parametrize(
    "typed",
    ["Ann@Example.com", " ann@example.com ", "mailto:ann@example.com", "Ann Lee <ann@example.com>", "ann@example.com; bob@example.com"],
)
def test_an_address_is_read_in_lower_case(typed):
    assert one(Email=typed).email == "ann@example.com"


@pytest.mark.parametrize(
    ("heading", "cell", "permission"),
    [
        ("SMS consent", "yes", True),
        ("SMS consent", "Ja", True),
        ("SMS consent", "sí", True),
        ("SMS consent", "हाँ", True),
        ("SMS consent", "haan", True),
        ("SMS consent", "✓", True),
        ("SMS consent", "TRUE", True),
        ("SMS consent", "Opted-in", True),
        ("SMS consent", "2024-05-06", True),
        ("SMS consent", "nein", False),
        ("SMS consent", "नहीं", False),
        ("SMS consent", "nahi", False),
        ("SMS consent", "unsubscribed", False),
        ("SMS consent", "0", False),
        ("SMS consent", "", None),
        ("SMS consent", "unknown", None),
        ("SMS consent", "never subscribed", None),
        ("SMS consent", "maybe later", None),
        ("SMS opt out", "yes", False),
        ("SMS opt out", "no", None),
        ("SMS opt out", "2024-05-06", False),
    ],
)
def test_permission_is_yes_no_or_nothing_said(heading, cell, permission):
    assert one(**{heading: cell}).sms_consent is permission


@pytest.mark.parametrize(
    ("heading", "cell", "permission"),
    [
        ("WhatsApp consent", "yes", True),
        ("WhatsApp consent", "nein", False),
        ("WhatsApp consent", "2024-05-06", True),
        ("WhatsApp consent", "maybe later", None),
        ("WhatsApp opt out", "yes", False),
        ("WhatsApp opt out", "no", None),
        ("SMS consent", "yes", None),
        ("Consent", "yes", None),
    ],
)
def test_permission_for_whatsapp_is_its_own(heading, cell, permission):
    assert one(**{heading: cell}).whatsapp_consent is permission


def test_the_strictest_of_several_permissions_counts():
    assert one(SMS_consent="yes", Accepts_texts="no").sms_consent is False


@pytest.mark.parametrize(
    ("cell", "is_out"),
    [("yes", True), ("Opted out", True), ("asked by phone in May", True), ("no", False), ("", False), ("subscribed", False)],
)
def test_whoever_may_have_asked_to_be_left_alone_is(cell, is_out):
    assert one(Unsubscribed=cell).opted_out is is_out


def test_what_could_not_be_read_is_said_and_kept():
    row = one(SMS_consent="maybe", Birthday="--03-05", Consent_date="soon", Unsubscribed="dunno")
    assert (row.sms_consent, row.birthday, row.consent_at, row.opted_out, row.problems) == (None, None, None, True, ())
    assert row.extra == {"SMS consent": "maybe", "Birthday": "--03-05", "Consent date": "soon", "Unsubscribed": "dunno"}
    assert len(row.doubts) == 4
    assert row.doubts[0] == "“SMS consent” says neither yes nor no, so nothing was recorded: maybe"


def test_columns_nobody_knows_are_kept_and_the_row_can_be_given_back():
    row = one(Shoe_size="38", City="", Tags="VIP; hair, * myContacts")
    assert row.extra == {"Shoe size": "38"}
    assert row.tags == ("VIP", "hair")
    assert row.original == {"Name": "Ann", "Phone": PHONE, "Shoe size": "38", "Tags": "VIP; hair, * myContacts"}


def test_all_rows_can_be_refused():
    rows = read("Name,Phone\n,1\nBob,x\n")
    assert [row.number for row in rows] == [2, 3]
    assert all(row.problems for row in rows)


def test_duplicate_headings_are_read_once_and_kept():
    (row,) = read(f"Name,Name,Phone,Phone\nAnn,Annie,{PHONE},512-555-0143\n")
    assert (row.name, row.phone, row.other_phones) == ("Ann", "+15125550142", ("+15125550143",))
    assert row.extra == {"Name (2)": "Annie", "Phone (2)": "512-555-0143"}


def test_lines_of_two_encodings_are_two_people():
    rows = read(b"Name,Phone\n" + f"Jürgen,{PHONE}\n".encode() + "Zoë,512-555-0143\n".encode("cp1252"))
    assert [row.name for row in rows] == ["Jürgen", "Zoë"]


@given(st.lists(st.text(st.characters(exclude_categories=("Cc", "Cs")) | st.sampled_from("\n\t"), max_size=20), min_size=9, max_size=9))
@settings(max_examples=50, deadline=None)
def test_no_row_of_any_text_stops_the_list(cells):
    headings = ["Name", "Phone", "Email", "SMS consent", "Unsubscribed", "Consent date", "Birthday", "Notes", "Tags"]
    target = io.StringIO()
    csv.writer(target).writerows([headings, [safe_cell(cell) for cell in cells], ["Ann", PHONE]])
    rows = read(b"\xef\xbb\xbf" + target.getvalue().encode())
    assert isinstance(rows[0], ReadRow)
    assert (rows[-1].name, rows[-1].problems) == ("Ann", ())


def test_ten_thousand_rows_a_second_are_read_at_least():
    lines = [f"Ann{n},Lee,(512) 555-{n:04d},ann{n}@example.com,03/05/1990,yes,VIP,Austin\n" for n in range(2_000)]
    content = ("First Name,Last Name,Mobile,Email,Birthday,SMS consent,Tags,City\n" + "".join(lines)).encode()
    started = time.process_time()
    rows = read(content)
    assert time.process_time() - started < 0.2
    assert (len(rows), any(row.problems for row in rows)) == (2_000, False)
