"""The laws of a list's plan: what each row does, said before anything is written."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from customers.errors import BadMapping, ImportNotReady
from customers.importing.columns import Field
from customers.models import ConsentEvent, Customer, ImportBatch, ImportRow, MergeProposal, Suppression
from customers.selectors import import_preview, imported_customers
from customers.services import (
    Upload,
    apply_import,
    confirm_import,
    discard_import,
    error_report,
    export_customers,
    plan_import,
    register_customer,
    remap_import,
    suppress,
)
from servicepro.lib.fields import phone_tag
from tenants.models import Tenant
from tests.customers.lists import as_csv, everybody, number, outcomes, planned, written

ANA, BEN, CID = number(1), number(2), number(3)
ANA_EMAIL = "ana@example.com"


def _changes(batch: ImportBatch) -> list[tuple[str, str, str]]:
    return [(change.field, change.old, change.new) for row in import_preview(batch).rows for change in row.changes]


def test_a_plan_writes_nobody(tenant: Tenant) -> None:
    register_customer(name="Ana", phone_text=ANA)
    before = everybody()
    planned([("Ana", ANA, ANA_EMAIL), ("Ben", BEN, "")])
    assert everybody() == before


def test_every_row_has_its_outcome_and_they_add_up(tenant: Tenant) -> None:
    register_customer(name="Ana", phone_text=ANA)
    register_customer(name="Dee", phone_text=number(4), email="dee@example.com")
    batch = planned(
        [
            ("Ana", ANA, ANA_EMAIL),
            ("Ben", BEN, ""),
            ("Ben", "(512) 200-0002", ""),
            ("Dee", number(4), ""),
            ("Dee", number(5), "DEE@example.com"),
            ("", CID, ""),
            ("Eve", "12", ""),
        ]
    )
    assert outcomes(batch) == ["changed", "new", "duplicate_in_file", "unchanged", "merged", "refused", "refused"]
    assert (batch.total_records, batch.successful_imports, batch.duplicate_skipped, batch.failed_imports) == (7, 3, 2, 2)


def test_a_refused_row_says_why_with_its_number_and_its_cells(tenant: Tenant) -> None:
    batch = planned([("Ana", ANA, ""), ("", "12", "nonsense")])
    (row,) = import_preview(batch, "refused").rows
    assert row.number == 3
    assert row.original == {"Name": "", "Phone": "12", "Email": "nonsense"}
    assert [reason.partition(":")[0] for reason in row.reasons] == [
        "Name is required",
        "Invalid phone number format",
        "Invalid email format",
    ]


def test_the_later_of_two_rows_with_one_phone_says_which_it_repeats(tenant: Tenant) -> None:
    batch = planned([("Ana", ANA, ""), ("Ben", BEN, ""), ("Ana B", "512-200-0001", "")])
    (row,) = import_preview(batch, "duplicate_in_file").rows
    assert row.reasons == ("Duplicate phone number: the same as in row 2",)


def test_what_is_empty_is_filled_and_what_is_there_stays(tenant: Tenant) -> None:
    register_customer(name="Ana Lopez", phone_text=ANA)
    batch = planned([("Anna", ANA, ANA_EMAIL, "tea", "vip")], (*("Name", "Phone", "Email"), "Notes", "Tags"))
    assert _changes(batch) == [("email", "", ANA_EMAIL), ("notes", "", "tea"), ("tags", "", "vip")]


def test_replace_shows_every_change_as_old_and_new(tenant: Tenant) -> None:
    register_customer(name="Ana Lopez", phone_text=ANA, email="old@example.com")
    batch = planned([("Anna", ANA, ANA_EMAIL)], replace_existing=True)
    assert _changes(batch) == [("name", "Ana Lopez", "Anna"), ("email", "old@example.com", ANA_EMAIL)]


def test_a_row_that_adds_nothing_is_an_unchanged_duplicate(tenant: Tenant) -> None:
    written([("Ana", ANA, ANA_EMAIL)])
    batch = planned([("Ana", ANA, ANA_EMAIL), ("Someone else", ANA, "")])
    assert outcomes(batch) == ["unchanged", "duplicate_in_file"]
    assert import_preview(batch).rows[0].reasons[0].startswith("Duplicate phone number")


def test_a_row_joins_somebody_by_email_and_adds_its_number(tenant: Tenant) -> None:
    register_customer(name="Ana Lopez", phone_text=ANA, email=ANA_EMAIL)
    batch = planned([("Ana", BEN, ANA_EMAIL)])
    assert (outcomes(batch), _changes(batch)) == (["merged"], [("other_phones", "", BEN)])


def test_a_row_joins_somebody_without_a_phone_by_email(tenant: Tenant) -> None:
    register_customer(name="Ana", email=ANA_EMAIL)
    batch = planned([("Ana", BEN, ANA_EMAIL)])
    assert (outcomes(batch), _changes(batch)) == (["merged"], [("phone", "", BEN)])


def test_two_people_of_a_family_share_an_email_and_stay_two(tenant: Tenant) -> None:
    register_customer(name="Ana Lopez", phone_text=ANA, email=ANA_EMAIL)
    batch = planned([("Ben Lopez", BEN, ANA_EMAIL)])
    assert outcomes(batch) == ["new"]
    assert import_preview(batch).rows[0].doubts


def test_a_row_that_joins_two_people_is_held_and_names_them(tenant: Tenant) -> None:
    ana = register_customer(name="Ana", phone_text=ANA)
    ben = register_customer(name="Ana", phone_text=BEN, email=ANA_EMAIL)
    batch = planned([("Ana", ANA, ANA_EMAIL)])
    assert outcomes(batch) == ["held"]
    assert import_preview(batch).rows[0].held_for == (ana.pk, ben.pk)
    assert (batch.held_count, batch.failed_imports) == (1, 1)


def test_a_further_number_of_another_person_holds_the_row(tenant: Tenant) -> None:
    register_customer(name="Ana", phone_text=ANA)
    register_customer(name="Ben", phone_text=BEN)
    assert outcomes(planned([("Ana", ANA, BEN)], ("Name", "Mobile", "Home phone"))) == ["held"]


def test_a_held_row_writes_nothing(tenant: Tenant) -> None:
    register_customer(name="Ana", phone_text=ANA)
    register_customer(name="Ana", phone_text=BEN, email=ANA_EMAIL)
    before = everybody()
    batch = written([("Ana", ANA, ANA_EMAIL)])
    assert (everybody(), batch.held_count, batch.successful_imports) == (before, 1, 0)


def test_the_people_a_held_row_would_join_are_proposed_with_the_row_as_evidence(tenant: Tenant) -> None:
    ana = register_customer(name="Ana", phone_text=ANA)
    ben = register_customer(name="Ana", phone_text=BEN, email=ANA_EMAIL)
    batch = written([("Ana", ANA, ANA_EMAIL)])
    proposal = MergeProposal.objects.get()
    assert (proposal.first_id, proposal.second_id, proposal.status) == (ana.pk, ben.pk, "open")
    evidence = proposal.evidence.get()
    assert (evidence.shared_field, evidence.record_kind, evidence.record_id) == ("row", "import_row", batch.rows.get().pk)


def test_people_of_a_list_who_share_an_email_are_proposed_when_it_is_written(tenant: Tenant) -> None:
    written([("Ana Lopez", ANA, ANA_EMAIL), ("Ben Lopez", BEN, ANA_EMAIL)])
    assert MergeProposal.objects.get().evidence.get().shared_field == "email"


@pytest.mark.parametrize("flags", [{"opted_out": True}, {"sms_opt_out": True}, {"sms_consent": False}])
def test_a_permission_in_a_list_lifts_no_refusal(tenant: Tenant, flags: dict) -> None:
    register_customer(name="Ana", phone_text=ANA, **flags)
    before = everybody()
    headers = ("Name", "Phone", "SMS consent", "Marketing consent", "WhatsApp consent")
    batch = written([("Ana", ANA, "yes", "yes", "yes")], headers)
    assert (everybody(), batch.opted_out_count) == (before, 1)
    assert not ConsentEvent.objects.filter(action="granted").exists()


def test_a_stop_from_a_number_without_a_record_outlasts_the_list(tenant: Tenant) -> None:
    suppress(channel="sms", address=ANA, reason="stop_keyword", event_key="e1")
    batch = written([("Ana", ANA, "yes")], ("Name", "Phone", "SMS consent"))
    ana = Customer.objects.get()
    assert (ana.sms_consent, ana.sms_opt_out, batch.opted_out_count) == (None, True, 1)


def test_a_refusal_in_a_list_suppresses_the_address_for_ever(tenant: Tenant) -> None:
    batch = written([("Ana", ANA, ANA_EMAIL, "yes")], ("Name", "Phone", "Email", "Opted out"))
    assert Customer.objects.get().opted_out
    assert set(Suppression.objects.values_list("channel", "reason")) == {(c, f"import:{batch.pk}") for c in ("sms", "whatsapp", "email")}


def test_a_refusal_on_a_later_row_of_the_same_phone_counts(tenant: Tenant) -> None:
    rows = [("Ana", ANA, ""), ("Ben", BEN, ""), ("Ana", ANA, "yes")]
    batch = written(rows, ("Name", "Phone", "Opted out"))
    assert Customer.objects.get(phone=ANA).opted_out
    assert not Customer.objects.get(phone=BEN).opted_out
    assert outcomes(batch) == ["new", "new", "duplicate_in_file"]


def test_a_refusal_counts_though_its_row_has_another_fault(tenant: Tenant) -> None:
    batch = written([("", ANA, "yes")], ("Name", "Phone", "Opted out"))
    assert outcomes(batch) == ["refused"]
    assert Suppression.objects.filter(channel="sms", address_tag=phone_tag(ANA)).exists()


WITH_WHATSAPP = ("Name", "Phone", "WhatsApp consent")


@pytest.mark.parametrize(("known", "said", "expected"), [(None, "yes", True), (None, "no", False), (True, "no", False), (None, "", None)])
def test_what_a_list_says_of_whatsapp_is_kept_with_its_proof_and_nothing_else(tenant: Tenant, known, said, expected) -> None:
    register_customer(name="Ana", phone_text=ANA, whatsapp_consent=known)
    written([("Ana", ANA, said), ("Ben", BEN, said)], WITH_WHATSAPP)
    for customer in Customer.objects.all():
        assert (customer.whatsapp_consent, customer.sms_consent, customer.sms_opt_out) == (expected, None, False)
    events = set(ConsentEvent.objects.filter(source__startswith="import:").values_list("channel", "action"))
    assert events == (set() if expected is None else {("whatsapp", "granted" if expected else "withdrawn")})
    assert Suppression.objects.filter(channel="whatsapp").count() == (2 if expected is False else 0)


def test_a_yes_in_a_list_lifts_no_no_to_whatsapp(tenant: Tenant) -> None:
    register_customer(name="Ana", phone_text=ANA, whatsapp_consent=False)
    suppress(channel="whatsapp", address=BEN, reason="stop_keyword", event_key="e1")
    written([("Ana", ANA, "yes"), ("Ben", BEN, "yes")], WITH_WHATSAPP)
    assert list(Customer.objects.order_by("pk").values_list("whatsapp_consent", flat=True)) == [False, None]
    assert not ConsentEvent.objects.filter(action="granted").exists()


def test_a_no_to_whatsapp_counts_on_a_later_row_and_on_one_with_another_fault(tenant: Tenant) -> None:
    written([("Ana", ANA, "yes"), ("Ana", ANA, "no"), ("", BEN, "no")], WITH_WHATSAPP)
    assert Customer.objects.get().whatsapp_consent is False
    found = Suppression.objects.filter(channel="whatsapp").values_list("address_tag", flat=True)
    assert set(found) == {phone_tag(ANA), phone_tag(BEN)}
    assert not Suppression.objects.filter(channel="sms").exists()


def test_a_permission_is_kept_with_its_day_and_its_words(tenant: Tenant) -> None:
    headers = ("Name", "Phone", "SMS consent", "Consent date", "Consent source")
    batch = written([("Ana", ANA, "yes", "2026-03-01", "card at the counter")], headers)
    event = ConsentEvent.objects.get()
    assert (event.action, event.channel, event.address_tag) == ("granted", "sms", phone_tag(ANA))
    assert (event.source, event.wording, event.given_at.date().isoformat()) == (f"import:{batch.pk}", "card at the counter", "2026-03-01")


def test_the_owner_can_change_what_a_column_holds(tenant: Tenant) -> None:
    batch = planned([("Ana", ANA, "tea")], ("Name", "Phone", "Remarks of mine"))
    fields = [Field.NAME, Field.PHONE, Field.NOTES]
    again = remap_import(batch, fields)
    assert (again.pk, again.mapping) == (batch.pk, ["name", "phone", "notes"])
    assert again.rows.get().notes == "tea"
    assert remap_import(batch, {"Remarks of mine": Field.TAGS}).rows.get().tags == ["tea"]


def test_a_header_that_is_not_there_is_named(tenant: Tenant) -> None:
    with pytest.raises(BadMapping, match="There is no column “Mobil”. The columns are: Name, Phone, Email"):
        plan_import(Upload(as_csv([("Ana", ANA, "")]), "list.csv"), fields={"Mobil": Field.PHONE})


def test_a_discarded_list_leaves_no_rows_and_cannot_be_confirmed(tenant: Tenant) -> None:
    batch = discard_import(planned([("Ana", ANA, "")]))
    assert not ImportRow.objects.exists()
    with pytest.raises(ImportNotReady):
        confirm_import(batch, None)


def test_the_same_file_is_recognised_and_taken(tenant: Tenant) -> None:
    first = written([("Ana", ANA, "")])
    assert import_preview(first).same_file_at is None
    again = planned([("Ana", ANA, "")])
    assert import_preview(again).same_file_at == first.completed_at
    assert import_preview(planned([("Ben", BEN, "")])).same_file_at is None


def test_the_error_report_is_the_list_again_once_it_is_fixed(tenant: Tenant) -> None:
    batch = written([("Ana", ANA, ""), ("=cmd()", "12", "x"), ("Ana", ANA, "")])
    report = error_report(batch).decode("utf-8-sig")
    lines = report.splitlines()
    assert lines[0] == "ServicePro row,ServicePro reasons,Name,Phone,Email"
    assert lines[1].startswith("3,") and "'=cmd()" in lines[1]
    assert lines[2].startswith("4,Duplicate phone number: the same as in row 2,Ana")
    fixed = report.replace("'=cmd(),12,x", f"Ben,{BEN},")
    again = plan_import(Upload(fixed.encode(), "fixed.csv"))
    assert (again.headers, outcomes(again)) == (["Name", "Phone", "Email"], ["new", "unchanged"])


def test_an_export_brought_again_changes_nothing(tenant: Tenant) -> None:
    headers = ("Name", "Mobile", "Home phone", "Email", "Birthday", "Notes", "Tags", "Visits", "SMS consent", "Opted out")
    written(
        [
            ('=Ana, "A"', ANA, number(90), ANA_EMAIL, "1990-05-01", "likes\ntea", "vip, gold", "12", "yes", ""),
            ("Бен 😀", BEN, "", "", "", "'quoted", "", "", "no", ""),
            ("-Cid", CID, "", "", "", "", "", "+1", "", "yes"),
        ],
        headers,
    )
    before = everybody()
    batch = plan_import(Upload(export_customers(), "export.csv"))
    assert (outcomes(batch), _changes(batch)) == (["unchanged"] * 3, [])
    confirmed = confirm_import(batch, None)
    assert apply_import(confirmed).duplicate_skipped == 3
    assert everybody() == before


def test_people_of_a_list_are_found_by_name_number_and_life(tenant: Tenant) -> None:
    written([("Ana", ANA, ANA_EMAIL), ("Ben", BEN, "")])
    register_customer(name="Cid", phone_text=CID)
    assert [person.life for person in imported_customers(status="imported")[0]] == ["imported", "imported"]
    assert [person.name for person in imported_customers(search="(512) 200-0001")[0]] == ["Ana"]
    assert [person.name for person in imported_customers(search="ben")[0]] == ["Ben"]
    assert (imported_customers(status="invited"), imported_customers(page=2, limit=1)[1]) == (([], 0), 2)


def test_what_a_plan_asks_the_database_does_not_grow_with_the_list(tenant: Tenant) -> None:
    counts = []
    for rows in (10, 1_000):
        people = [(f"Person {rows + n}", number(rows + n), f"p{rows + n}@example.com") for n in range(rows)]
        with CaptureQueriesContext(connection) as plan:
            batch = planned(people)
        with CaptureQueriesContext(connection) as write:
            apply_import(confirm_import(batch, None))
        counts.append((len(plan), len(write)))
    assert counts[0] == counts[1]


def test_further_data_whose_heading_reads_like_a_column_of_ours_comes_back_from_an_export(tenant: Tenant) -> None:
    batch = planned([("Ana", ANA, "blue")], ("Name", "Phone", "Notes"))
    apply_import(confirm_import(remap_import(batch, {"Notes": Field.EXTRA}), None))
    before = everybody()
    export = export_customers()
    assert b"Extra: Notes" in export
    again = plan_import(Upload(export, "export.csv"))
    assert outcomes(again) == ["unchanged"]
    apply_import(confirm_import(again, None))
    assert everybody() == before


def test_a_list_of_one_business_is_nothing_to_another(tenant: Tenant, indian_tenant: Tenant) -> None:
    with tenant_context(tenant):
        register_customer(name="Ana", phone_text=ANA, email=ANA_EMAIL)
        batch = planned([("Ana", ANA, "new@example.com")])
        digest = batch.file_digest
    with tenant_context(indian_tenant):
        assert ImportBatch.objects.count() == ImportRow.objects.count() == 0
        other = planned([("Ana", ANA, "new@example.com")])
        assert (outcomes(other), other.file_digest == digest) == (["new"], False)
