"""The laws of writing a list: once and wholly, whoever dies or comes between."""

import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context, tenant_context

from customers.errors import ImportBusy, ImportNotReady
from customers.models import ConsentEvent, Customer, ImportBatch, Suppression
from customers.selectors import import_progress, unfinished_imports
from customers.services import (
    apply_import,
    confirm_import,
    discard_import,
    error_report,
    fail_import,
    register_customer,
    suppress,
    undo_import,
)
from customers.tasks import STOPPED, resume_imports, write_import
from tenants.accounts.models import AuditEntry
from tenants.models import Tenant
from tests.customers.import_worker import die, when_free
from tests.customers.lists import another_being_written, everybody, number, outcomes, planned, written

ANA, BEN = number(1), number(2)
ANA_EMAIL = "ana@example.com"
CONSENT_HEADERS = ("Name", "Phone", "Email", "SMS consent", "Opted out")
KNOWN, NEW, OUT, TWICE, REFUSED = 6, 25, 4, 3, 2


def _confirmed(rows: list[tuple[str, ...]], headers: tuple[str, ...] = CONSENT_HEADERS) -> ImportBatch:
    return confirm_import(planned(rows, headers), None)


def _mixed() -> list[tuple[str, ...]]:
    """Make some people, and a list that meets them, brings others, refuses, repeats and is wrong in places."""
    for n in range(KNOWN):
        register_customer(name=f"Known {n}", phone_text=number(n))
    rows = [(f"Known {n}", number(n), f"known{n}@example.com", "yes", "") for n in range(KNOWN)]
    rows += [(f"New {n}", number(100 + n), f"new{n}@example.com", "yes", "") for n in range(NEW)]
    rows += [(f"Out {n}", number(200 + n), "", "", "yes") for n in range(OUT)]
    rows += [(f"Again {n}", number(100 + n), "", "", "") for n in range(TWICE)]
    return rows + [("", "12", "", "", "")] * REFUSED


def _assert_written_once(batch: ImportBatch) -> None:
    batch.refresh_from_db()
    assert (batch.status, batch.processed, batch.total_records) == ("completed", batch.total_records, KNOWN + NEW + OUT + TWICE + REFUSED)
    assert (batch.changed_count, batch.new_count, batch.opted_out_count) == (KNOWN, NEW + OUT, OUT)
    assert (batch.successful_imports, batch.duplicate_skipped, batch.failed_imports) == (KNOWN + NEW + OUT, TWICE, REFUSED)
    assert Customer.objects.count() == KNOWN + NEW + OUT
    done = batch.rows.exclude(applied_at=None)
    assert done.count() == batch.successful_imports
    assert all(row.customer.phone == row.phone for row in done.select_related("customer"))
    assert Customer.objects.filter(sms_consent=True).count() == KNOWN + NEW
    assert Customer.objects.filter(email__contains="@").count() == KNOWN + NEW
    assert ConsentEvent.objects.filter(action="granted", channel="sms").count() == KNOWN + NEW
    assert Suppression.objects.filter(channel="sms", lifted_at=None).count() == OUT


def test_the_numbers_of_a_written_list_add_up(tenant: Tenant) -> None:
    batch = _confirmed(_mixed())
    planned_counts = (batch.successful_imports, batch.failed_imports, batch.duplicate_skipped)
    _assert_written_once(apply_import(batch))
    assert (batch.successful_imports, batch.failed_imports, batch.duplicate_skipped) == planned_counts
    progress = import_progress(batch)
    assert (progress.imported, progress.failed, progress.duplicates) == planned_counts


def test_a_list_is_confirmed_once(tenant: Tenant) -> None:
    batch = planned([("Ana", ANA, "")])
    stale = ImportBatch.objects.get(pk=batch.pk)
    confirm_import(batch, None)
    with pytest.raises(ImportNotReady, match="queued already"):
        confirm_import(stale, None)
    assert AuditEntry.objects.filter(action="import_confirmed").count() == 1


def test_of_two_who_confirm_at_once_one_does(tenant: Tenant) -> None:
    batch = planned([("Ana", ANA, "")])
    answers = _at_once(*[lambda: confirm_import(ImportBatch.objects.get(pk=batch.pk), None)] * 4)
    assert sorted(answers) == ["ImportNotReady"] * 3 + ["done"]


@pytest.mark.parametrize("end", [None, discard_import])
def test_a_list_nobody_confirmed_is_not_written(tenant: Tenant, end: Callable | None) -> None:
    batch = planned([("Ana", ANA, "")])
    if end:
        end(batch)
    with pytest.raises(ImportNotReady):
        apply_import(batch)
    assert not Customer.objects.exists()


def test_a_list_written_twice_is_written_once(tenant: Tenant) -> None:
    batch = apply_import(_confirmed(_mixed()))
    before, finished, events = everybody(), batch.completed_at, ConsentEvent.objects.count()
    again = apply_import(ImportBatch.objects.get(pk=batch.pk))
    assert (everybody(), again.completed_at, ConsentEvent.objects.count()) == (before, finished, events)
    _assert_written_once(batch)


# Before anything, inside a batch after each of its statements, between two batches, at the end before and after the last statement.
@pytest.mark.parametrize(
    ("point", "calls", "when"),
    [
        ("_start", 1, "after"),
        ("_create", 1, "after"),
        ("_change", 1, "after"),
        ("keep_consents", 2, "after"),
        ("_mark", 3, "after"),
        ("_apply", 1, "after"),
        ("_complete", 1, "before"),
        ("propose_merges", 1, "after"),
        ("_complete", 1, "after"),
    ],
)
def test_a_worker_killed_at_any_point_loses_no_row_and_repeats_none(tenant: Tenant, point: str, calls: int, when: str) -> None:
    batch = _confirmed(_mixed())
    assert die("applying", batch, point, calls=calls, when=when)
    when_free(lambda: apply_import(batch))
    _assert_written_once(batch)


def test_workers_killed_one_after_another_lose_no_row_and_repeat_none(tenant: Tenant) -> None:
    batch = _confirmed(_mixed())
    for point, calls in (("_mark", 1), ("_apply", 1), ("keep_consents", 2), ("_apply", 2)):
        assert when_free(lambda point=point, calls=calls: die("applying", batch, point, calls=calls))
        assert Customer.objects.count() <= KNOWN + NEW + OUT
    when_free(lambda: apply_import(batch))
    _assert_written_once(batch)


def test_the_progress_of_a_killed_worker_is_what_it_wrote(tenant: Tenant) -> None:
    batch = _confirmed(_mixed())
    assert die("applying", batch, "_mark", calls=3)
    batch.refresh_from_db()
    assert (batch.status, batch.processed, Customer.objects.count()) == ("processing", TWICE + REFUSED + 20, 20)
    assert unfinished_imports() == [batch.pk]
    seen: list[int] = []
    when_free(lambda: apply_import(batch, on_progress=lambda rows, _total: seen.append(rows)))
    assert seen == [batch.total_records]


def _at_once(*works: Callable[[], Any]) -> list[str]:
    """Run each work on a connection of its own, all starting together; return what came of each."""
    answers, gate = [], threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> None:
        with schema_context("shop"):
            gate.wait(10)
            try:
                work()
                answers.append("done")
            except (ImportBusy, ImportNotReady) as error:
                answers.append(type(error).__name__)
        connections.close_all()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return answers


def test_two_workers_with_one_list_write_it_once(tenant: Tenant) -> None:
    batch = _confirmed(_mixed())
    answers = _at_once(*[lambda: apply_import(ImportBatch.objects.get(pk=batch.pk))] * 3)
    assert set(answers) <= {"done", "ImportBusy"} and "done" in answers
    _assert_written_once(batch)


def test_while_a_list_is_written_no_other_of_the_business_is(tenant: Tenant, indian_tenant: Tenant) -> None:
    with another_being_written():
        with tenant_context(tenant):
            batch = _confirmed([("Ana", ANA, "", "", "")])
            with pytest.raises(ImportBusy):
                apply_import(batch)
            assert batch.status == "queued" and not Customer.objects.exists()
        with tenant_context(indian_tenant):  # another business is not kept waiting
            assert written([("Ana", ANA, "")]).new_count == 1
    with tenant_context(tenant):
        assert apply_import(batch).new_count == 1


def test_somebody_registered_since_the_preview_is_decided_anew(tenant: Tenant) -> None:
    batch = confirm_import(planned([("Ana", ANA, ANA_EMAIL), ("Ben", BEN, "")]), None)
    assert outcomes(batch) == ["new", "new"]
    register_customer(name="Ana Lopez", phone_text=ANA)
    register_customer(name="Ben", phone_text=BEN)
    apply_import(batch)
    assert (outcomes(batch), batch.successful_imports, batch.duplicate_skipped) == (["changed", "unchanged"], 1, 1)
    assert list(Customer.objects.order_by("pk").values_list("name", "email")) == [("Ana Lopez", ANA_EMAIL), ("Ben", None)]


def test_who_opted_out_since_the_preview_stays_out(tenant: Tenant) -> None:
    batch = _confirmed([("Ana", ANA, "", "yes", "")])
    suppress(channel="sms", address=ANA, reason="stop_keyword", event_key="e1")
    apply_import(batch)
    ana = Customer.objects.get()
    assert (ana.sms_consent, ana.sms_opt_out, batch.opted_out_count) == (None, True, 1)
    assert not ConsentEvent.objects.filter(action="granted").exists()


def test_people_who_became_two_since_the_preview_are_held(tenant: Tenant) -> None:
    batch = confirm_import(planned([("Ana", ANA, ANA_EMAIL)]), None)
    register_customer(name="Ana", phone_text=ANA)
    register_customer(name="Ana", phone_text=BEN, email=ANA_EMAIL)
    apply_import(batch)
    assert (outcomes(batch), batch.held_count, batch.failed_imports, batch.processed) == (["held"], 1, 1, 1)


def test_somebody_registered_in_the_very_moment_is_met_and_not_doubled(tenant: Tenant) -> None:
    batch = confirm_import(planned([("Ana", ANA, ANA_EMAIL), ("Ben", BEN, "")]), None)
    is_open, may_commit = threading.Event(), threading.Event()

    def register() -> None:
        with schema_context("shop"), transaction.atomic():
            register_customer(name="Ana Lopez", phone_text=ANA)
            is_open.set()
            may_commit.wait(20)
        connections.close_all()

    def commit_once_somebody_waits() -> None:
        with schema_context("shop"), connection.cursor() as cursor:
            for _attempt in range(200):
                cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")
                if cursor.fetchone()[0]:
                    break
                time.sleep(0.02)
        may_commit.set()
        connections.close_all()

    threads = [threading.Thread(target=work) for work in (register, commit_once_somebody_waits)]
    threads[0].start()
    assert is_open.wait(10)
    threads[1].start()
    apply_import(batch)
    [thread.join() for thread in threads]
    assert outcomes(batch) == ["changed", "new"]
    assert Customer.objects.get(phone=ANA).email == ANA_EMAIL and Customer.objects.count() == 2


def test_a_list_that_cannot_go_on_ends_failed_with_its_rest_in_the_report(tenant: Tenant) -> None:
    batch = _confirmed(_mixed())
    assert die("applying", batch, "_apply", calls=2)
    before = Customer.objects.count()
    fail_import(batch, "The disk is full.")
    assert (batch.status, batch.error_message) == ("failed", "The disk is full.")
    assert Customer.objects.count() == before == 20
    assert batch.total_records == batch.successful_imports + batch.failed_imports + batch.duplicate_skipped
    assert batch.failed_imports == KNOWN + NEW + OUT - 20 + REFUSED
    assert error_report(batch).count(b"Not written: the import stopped before this row.") == batch.failed_imports - REFUSED
    assert len(when_free(lambda: undo_import(batch, None)).kept) == 0
    assert Customer.objects.count() == KNOWN


def test_the_task_writes_a_list_and_leaves_what_it_cannot_write_alone(tenant: Tenant) -> None:
    batch = _confirmed([("Ana", ANA, "", "", "")])
    write_import("shop", str(batch.pk))
    write_import("shop", str(batch.pk))
    write_import("shop", str(uuid.uuid4()))
    ready = planned([("Ben", BEN, "")])
    write_import("shop", str(ready.pk))
    ready.refresh_from_db()
    batch.refresh_from_db()
    assert (batch.status, ready.status, Customer.objects.count()) == ("completed", "ready", 1)


def test_the_task_ends_a_list_that_cannot_be_written(tenant: Tenant) -> None:
    batch = _confirmed([("Ana", ANA, BEN)], ("Name", "Mobile", "Home phone"))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE customers_importrow SET other_phones = 'damaged'")
    write_import("shop", str(batch.pk))
    batch.refresh_from_db()
    assert (batch.status, batch.error_message, batch.failed_imports) == ("failed", STOPPED, 1)
    assert not unfinished_imports()


def test_the_beat_takes_up_what_a_dead_worker_left(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = _confirmed(_mixed())
    assert die("applying", batch, "_apply", calls=1)
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(write_import, "delay", lambda *arguments: asked.append(arguments))  # the broker, not the task
    resume_imports()
    assert asked == [("shop", str(batch.pk))]
    with schema_context("shop"):
        when_free(lambda: apply_import(batch))
        _assert_written_once(batch)


def test_what_writing_asks_the_database_does_not_grow_with_the_list(tenant: Tenant) -> None:
    headers = ("Name", "Phone", "Email", "SMS consent", "Marketing consent", "Opted out", "Notes", "Tags")
    counts = []
    for rows, base in ((10, 0), (1_000, 1_000)):
        known = [("Known", number(base + n), "", "", "", "", "", "") for n in range(0, rows, 2)]
        written(known, headers)
        people = []
        for n in range(rows):
            answers = ("yes", "yes", "") if n % 3 else ("no", "no", "yes")
            people.append((f"Person {n}", number(base + n), f"p{base + n}@example.com", *answers, "tea", "vip"))
        people += [("Again", number(base + n), "", "", "", "yes", "", "") for n in range(rows // 2)]
        with CaptureQueriesContext(connection) as plan:
            batch = planned(people, headers)
        with CaptureQueriesContext(connection) as write:
            apply_import(confirm_import(batch, None))
        assert (batch.changed_count, batch.new_count) == (rows // 2, rows // 2)
        counts.append((len(plan), len(write)))
    assert counts[0] == counts[1]
