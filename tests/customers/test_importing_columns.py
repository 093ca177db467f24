"""Columns find their meaning by their headings, in the spellings of the programs people leave and in four languages."""

import datetime

import pytest

from customers.errors import BadMapping
from customers.importing.columns import Field, check_mapping, is_refusal, match_columns
from customers.importing.rows import read_rows
from servicepro.lib.spreadsheet import read_table
from tests.customers.corpus.exports import EXPORTS

TODAY = datetime.date(2026, 11, 21)


@pytest.mark.parametrize("source", EXPORTS)
def test_every_column_of_a_program_is_matched(source):
    export = EXPORTS[source]
    table = read_table(export.text.encode())
    matched = dict(zip(table.headers, match_columns(table.headers, table.rows), strict=True))
    assert {header: str(field) for header, field in matched.items() if field is not Field.EXTRA} == export.fields


@pytest.mark.parametrize("source", EXPORTS)
def test_every_program_s_row_becomes_the_person(source):
    export = EXPORTS[source]
    table = read_table(export.text.encode())
    fields = match_columns(table.headers, table.rows)
    check_mapping(table.headers, fields)
    (row,) = read_rows(table, fields, region=export.region, today=TODAY)
    assert (row.name, row.phone, row.problems, row.doubts) == (export.name, export.phone, (), ())
    if Field.BIRTHDAY in fields:
        assert row.birthday == datetime.date(1990, 3, 5)
    if Field.CONSENT_DATE in fields:
        assert row.consent_at == datetime.datetime(2024, 5, 6, tzinfo=datetime.UTC)
        assert row.sms_consent is True
    if Field.TAGS in fields:
        assert row.tags in {("VIP",), ("Stammkunde",)}


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("phoneNumber", Field.PHONE),
        ("Client Mobile #", Field.PHONE),
        ("Customer's phone number", Field.PHONE),
        ("Telefon (privat)", Field.PHONE),
        ("फ़ोन", Field.PHONE),
        ("PHONE NO.", Field.PHONE),
        ("Business Fax", Field.EXTRA),
        ("Phone 1 - Label", Field.EXTRA),
        ("Last phone call", Field.EXTRA),
        ("Email verified", Field.EXTRA),
        ("Name (required)", Field.NAME),
        ("Vor- und Nachname", Field.NAME),
        ("E-mail 2 Address", Field.EMAIL),
        ("SMS opt out", Field.SMS_CONSENT),
        ("WhatsApp", Field.PHONE),
        ("WhatsApp number", Field.PHONE),
        ("WhatsApp Mobile No.", Field.PHONE),
        ("WhatsApp consent", Field.WHATSAPP_CONSENT),
        ("WhatsApp opt-in (yes/no)", Field.WHATSAPP_CONSENT),
        ("Subscribed to WhatsApp", Field.WHATSAPP_CONSENT),
        ("WhatsApp opt-out", Field.WHATSAPP_CONSENT),
        ("WhatsApp-Einwilligung", Field.WHATSAPP_CONSENT),
        ("¿Acepta WhatsApp?", Field.WHATSAPP_CONSENT),
        ("व्हाट्सएप सहमति", Field.WHATSAPP_CONSENT),
        ("SMS/WhatsApp consent", Field.SMS_CONSENT),
        ("WhatsApp consent date", Field.CONSENT_DATE),
        ("SMS consent (yes/no)", Field.SMS_CONSENT),
        ("Email opt-out", Field.MARKETING_CONSENT),
        ("Date of SMS consent", Field.CONSENT_DATE),
        ("Unsubscribed", Field.OPTED_OUT),
        ("Do not text", Field.OPTED_OUT),
        ("Shoe size", Field.EXTRA),
    ],
)
def test_a_heading_means(heading, field):
    assert match_columns([heading]) == (field,)


def test_a_heading_can_turn_yes_into_no():
    assert is_refusal("SMS opt out")
    assert is_refusal("Keine Werbung")
    assert not is_refusal("SMS consent (yes/no)")
    assert not is_refusal("Accepts marketing")


@pytest.mark.parametrize(
    ("headers", "rows", "fields"),
    [
        (("Column 1", "Column 2", "Column 3"), [("Ann Lee", "(512) 555-0142", "ann@example.com")], "name phone email"),
        (("Contact", "Mobile"), [("Ann Lee", "5125550142")], "name phone"),
        (("Name", "Contact"), [("Ann Lee", "5125550142")], "name phone"),
        (("Name", "Phone", "SMS"), [("Ann", "5125550142", "yes"), ("Bob", "5125550143", "no")], "name phone sms_consent"),
        (("Name", "Phone", "WhatsApp"), [("Ann", "5125550142", "yes"), ("Bob", "5125550143", "no")], "name phone whatsapp_consent"),
        (("Number", "Name", "Mobile"), [("1", "Ann", "5125550142")], "extra name phone"),
        (("Name", "Phone"), [("Ann", "rubbish")], "name phone"),
        (("City", "Code"), [("Austin", "17")], "extra extra"),
        (("Name", "Name (2)", "Phone"), [("Ann", "Lee", "5125550142")], "name extra phone"),
    ],
)
def test_what_stands_in_a_column_is_a_second_opinion(headers, rows, fields):
    assert " ".join(match_columns(headers, rows)) == fields


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ([Field.NAME, Field.EXTRA], "No column holds phone numbers. Choose the column that does."),
        ([Field.EXTRA, Field.PHONE], "No column holds names. Choose the column that does."),
        ([Field.NAME], "The list has 2 columns, but 1 were matched. Match each column once."),
    ],
)
def test_a_mapping_without_people_is_refused(fields, sentence):
    with pytest.raises(BadMapping) as refusal:
        check_mapping(["A", "B"], fields)
    assert refusal.value.message == sentence


def test_two_columns_cannot_be_one_thing():
    with pytest.raises(BadMapping, match="“A” and “B” were both matched to birthday"):
        check_mapping(["A", "B", "C", "D"], [Field.BIRTHDAY, Field.BIRTHDAY, Field.NAME, Field.PHONE])
    check_mapping(["A", "B", "C"], [Field.NAME, Field.PHONE, Field.PHONE])
