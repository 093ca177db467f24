"""Whoever asks gets everything that is held about them, and no table with people in it is forgotten."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import models

from campaigns.services import create_port_recovery_campaign
from customers.models import Customer, PersonalDataAccess
from customers.services import (
    apply_import,
    confirm_import,
    export_person,
    merge_customers,
    preview_import,
    propose_merges,
    record_access,
    register_customer,
    suppress,
)
from customers.services.privacy import claimed_models, holders, person_of
from loyalty.services import grant_points
from messaging.services import receive_text
from servicepro.lib.fields import EncryptedPhoneField, EncryptedTextField
from tenants.accounts.models import AuditEntry, User
from tenants.models import Tenant
from tenants.services import record_action
from tests.customers.traces import EMAIL, NAME, PHONE
from tests.support.browsing import signed_in
from tests.support.simulator import SimulatorProcess

# What is nobody's data but the business's own, its colleagues' and the framework's. Whatever else there is belongs into a holder.
NOT_ABOUT_CUSTOMERS = {
    "tenants.Tenant": "businesses",
    "tenants.Domain": "host names of businesses",
    "business.BusinessSettings": "the owner's own name, phone and address",
    "accounts.User": "people who work for the business",
    "accounts.ApiToken": "keys of programs",
    "messaging.Line": "numbers the business sends from",
    "messaging.CallRouting": "who answers calls: the owner's own phone",
    "messaging.MenuOption": "whom a key calls: colleagues' phones",
    "messaging.NumberRequest": "an owner's wish for a number",
    "messaging.UsTexting": "whether the business may text in the US",
    "a2p.Brand": "who the business is, to the registry",
    "a2p.A2pCampaign": "what the business texts, to the registry",
    "a2p.Attempt": "what the business sent to the registry",
    "a2p.AttemptEvent": "what the registry answered",
    "bookings.Place": "where the business is",
    "bookings.OpeningHours": "when the business is open",
    "bookings.Closure": "when the business is closed",
    "bookings.Service": "what the business offers",
    "axes.AccessAttempt": "colleagues who sign in",
    "axes.AccessAttemptExpiration": "colleagues who sign in",
    "axes.AccessFailureLog": "colleagues who sign in",
    "axes.AccessLog": "colleagues who sign in",
    "auth.Group": "the framework's",
    "auth.Permission": "the framework's",
    "contenttypes.ContentType": "the framework's",
    "sessions.Session": "colleagues who sign in",
}
OURS = (
    "tenants",
    "accounts",
    "business",
    "customers",
    "messaging",
    "ledger",
    "loyalty",
    "a2p",
    "bookings",
    "campaigns",
    "portal",
    "onboarding",
)


def unanswered(model_list: list[type[models.Model]], claimed: set[str]) -> set[str]:
    """Return the labels of models that no holder answers for and nobody declared free of customers."""
    return {model._meta.label for model in model_list} - claimed - NOT_ABOUT_CUSTOMERS.keys()


def test_every_table_has_a_holder_or_is_said_to_be_about_nobody():
    assert unanswered(list(apps.get_models()), set(claimed_models())) == set()


def test_a_new_table_without_a_holder_is_found():
    claimed = set(claimed_models()) - {"customers.Participant"}
    assert unanswered(list(apps.get_models()), claimed) == {"customers.Participant"}


def test_nothing_that_leads_to_a_customer_is_declared_free_of_them():
    declared = [model for model in apps.get_models() if model._meta.label in NOT_ABOUT_CUSTOMERS]
    assert [model for model in declared if any(field.related_model is Customer for field in model._meta.get_fields())] == []
    sealed = {
        model._meta.label
        for model in declared
        for field in model._meta.local_fields
        if isinstance(field, EncryptedPhoneField | EncryptedTextField)
    }
    assert sealed == {
        "business.BusinessSettings",
        "accounts.User",
        "messaging.Line",
        "messaging.CallRouting",
        "messaging.MenuOption",
        "a2p.Brand",
    }


def test_a_table_has_one_holder_and_every_holder_has_tables_that_exist():
    labels = [label for holder in holders() for label in holder.models]
    assert len(labels) == len(set(labels))
    assert set(labels) <= {model._meta.label for model in apps.get_models()}
    assert {label.split(".")[0] for label in labels} - {"admin"} <= set(OURS)


@pytest.fixture
def ana(tenant: Tenant, simulator: SimulatorProcess) -> Customer:
    """Somebody with something in every table."""
    made = register_customer(name=NAME, phone_text=PHONE, email=EMAIL)
    gone = register_customer(name="A. Silva", phone_text="+15125550143")
    register_customer(name="Also Ana", email=EMAIL, phone_text="=1+1")
    merge_customers(made, gone, actor=None)
    propose_merges()
    receive_text(from_e164=PHONE, body="Hi, =SUM(A1) this is Ana", provider_id="SM" + "a" * 32)
    suppress(channel="sms", address=PHONE, reason="stop_keyword", event_key="e1")
    batch = preview_import(content=f"Name,Phone,Note\n{NAME},{PHONE},=HYPERLINK\n".encode(), file_name="p.csv", actor=None)
    confirm_import(batch, None)
    apply_import(batch)
    create_port_recovery_campaign(created_by=None, name="first")
    grant_points(customer_ids=[made.pk], points=50, reason="test", campaign_key="k")
    record_access(actor=None, action="view", customer=made)
    record_action(None, "customer_renamed", f"customer:{made.pk}", old="Anna")
    return made


def opened(content: bytes) -> Iterator[tuple[str, str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            yield name, archive.read(name).decode("utf-8-sig")


def test_everything_is_in_it(ana: Customer):
    document = json.loads(dict(opened(export_person(ana, actor=None).content))["person.json"])
    filled = {part for part, rows in document.items() if isinstance(rows, list) and rows}
    assert filled == {
        *("customer_ids", "records", "merges", "merge_questions", "joined_records", "replaced_contacts"),
        *("consent", "consent_changes", "suppressions", "conversations", "names_in_conversations", "messages"),
        *("import_rows", "accesses", "audit_trail", "points", "campaigns"),
    }
    assert document["business"] == "Clean Machine Auto Detail"
    record = next(row for row in document["records"] if row["id"] == ana.pk)
    assert (record["name"], record["phone"], record["email"], record["loyalty_points_balance"]) == (NAME, PHONE, EMAIL, 50)
    assert record.keys() == {field.name for field in Customer._meta.local_concrete_fields}
    assert document["messages"][0]["body"] == "Hi, =SUM(A1) this is Ana"
    assert document["import_rows"][0]["cells"] == [NAME, PHONE, "=HYPERLINK"]


def test_the_tables_say_the_same_as_the_document(ana: Customer):
    files = dict(opened(export_person(ana, actor=None).content))
    document = json.loads(files.pop("person.json"))
    readme = files.pop("README.txt")
    parts = {name: rows for name, rows in document.items() if name not in ("business", "made_at", "customer_ids")}
    assert files.keys() == {f"{name}.csv" for name in parts}
    for name, rows in parts.items():
        table = list(csv.DictReader(io.StringIO(files[f"{name}.csv"])))
        assert len(table) == len(rows), name
        assert f"{len(rows):>6,}  {name}" in readme
        for shown, row in zip(table, rows, strict=True):
            assert shown.keys() == row.keys(), name
            texts = {key: value for key, value in row.items() if isinstance(value, str) and value[:1].isalnum()}
            assert {key: shown[key] for key in texts} == texts


def test_no_cell_of_a_table_is_calculated(ana: Customer):
    for name, text in opened(export_person(ana, actor=None).content):
        if name.endswith(".csv"):
            cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
            assert [cell for cell in cells if cell[:1] in "=@\t\r" and cell] == [], name


def test_nobody_else_is_in_it(ana: Customer):
    register_customer(name="Bob Other", phone_text="+15125550177", email="bob@example.com")
    receive_text(from_e164="+15125550177", body="Bob's secret", provider_id="SM" + "b" * 32)
    whole = "".join(text for _name, text in opened(export_person(ana, actor=None).content))
    assert "Bob" not in whole and "5550177" not in whole


def test_somebody_of_whom_only_the_record_is_held_gets_it(tenant: Tenant):
    made = export_person(register_customer(name="Olga", email="olga@example.com"), actor=None)
    assert made.rows == 3  # the record, and twice that it was exported
    assert dict(opened(made.content))["points.csv"].strip() == ""


def test_the_export_itself_is_written_down_before_it_is_made(ana: Customer):
    owner = User.objects.get(email="owner@shop.example")
    document = json.loads(dict(opened(export_person(ana, actor=owner).content))["person.json"])
    assert PersonalDataAccess.objects.filter(action="export", actor=owner, customer=ana).count() == 1
    assert AuditEntry.objects.get(action="customer_exported").actor == owner
    assert document["accesses"][-1]["by"] == "owner@shop.example"


def test_collecting_changes_nothing(ana: Customer):
    person = person_of(ana)
    before = [{name: list(rows) for name, rows in holder.collect(person).items()} for holder in holders()]
    assert [{name: list(rows) for name, rows in holder.collect(person).items()} for holder in holders()] == before


def test_the_button_hands_over_a_zip_that_nobody_keeps(ana: Customer):
    answer = signed_in().post(f"/admin/privacy/{ana.pk}/export/")
    assert answer.status_code == 200 and answer["Content-Type"] == "application/zip"
    assert "no-store" in answer["Cache-Control"] and PHONE not in answer["Content-Disposition"]
    assert "person.json" in dict(opened(answer.content))
    assert PersonalDataAccess.objects.filter(action="export", customer=ana).exists()


def test_looking_is_not_asking(ana: Customer):
    assert signed_in().get(f"/admin/privacy/{ana.pk}/export/").status_code == 405
    assert signed_in().post("/admin/privacy/999999999/export/").status_code == 404
    assert not PersonalDataAccess.objects.filter(action="export").exists()


def test_the_command_writes_a_file_for_its_owner_alone(ana: Customer, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "ana.zip"
    call_command("export_customer", "--tenant", "shop", "512-555-0142", "--out", str(out))
    assert out.stat().st_mode & 0o777 == 0o600
    assert PHONE in dict(opened(out.read_bytes()))["person.json"]
    assert "hand it over, then delete it" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--tenant", "shop", "512-555-0199"], "Nothing is held"),
        (["--tenant", "shop", "nobody"], "neither a phone number nor an email"),
        (["--tenant", "shop", "--id", "999999999"], "no such customer"),
        (["--tenant", "nobody", "512-555-0142"], "no business"),
    ],
)
def test_the_command_says_in_one_sentence_what_is_wrong(ana: Customer, tmp_path: Path, words: list[str], sentence: str):
    out = tmp_path / "x.zip"
    with pytest.raises(CommandError, match=sentence):
        call_command("export_customer", *words, "--out", str(out))
    assert not out.exists()


def test_a_file_that_cannot_be_written_is_said(ana: Customer, tmp_path: Path):
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_customer", "--tenant", "shop", PHONE, "--out", str(tmp_path / "no" / "x.zip"))
