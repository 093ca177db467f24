"""Nothing is kept longer than the business decided, and a dry run says exactly what the run removes."""

import datetime
import itertools
import uuid

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.models import ConsentEvent, Conversation, Customer, ImportBatch, ImportRow, Message, Participant, PersonalDataAccess
from customers.services import apply_retention, overdue, record_access, register_customer
from customers.services.privacy.retention import RULES, months_before
from customers.tasks import let_go
from loyalty.models import PointsTransaction
from loyalty.services import grant_points
from tenants.accounts.models import AuditEntry
from tenants.business.models import BusinessSettings
from tenants.models import Tenant

NOW = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.UTC)
_keys = itertools.count(1)
KEPT_MONTHS = {"keep_conversations_months": 24, "keep_import_rows_months": 3, "keep_unmatched_rows_months": 1, "keep_access_log_months": 13}


@pytest.fixture(autouse=True)
def decided(tenant: Tenant):
    """The months a business begins with, and a clock that stands still."""
    BusinessSettings.objects.filter(pk=1).update(**KEPT_MONTHS)
    with time_machine.travel(NOW, tick=False):
        yield
    with tenant_context(tenant):
        BusinessSettings.objects.filter(pk=1).update(**KEPT_MONTHS)


def days_ago(days: float) -> datetime.datetime:
    return NOW - datetime.timedelta(days=days)


def thread(*ages: float, made: float = 0) -> Conversation:
    """Make a conversation with texts so many days old."""
    conversation = Conversation.objects.create(
        source="twilio", external_key=str(next(_keys)), last_message_at=days_ago(min(ages)) if ages else None
    )
    Conversation.objects.filter(pk=conversation.pk).update(created_at=days_ago(made))
    Participant.objects.create(conversation=conversation, phone="+15125550142")
    for age in ages:
        Message.objects.create(
            conversation=conversation,
            direction="inbound",
            source="twilio",
            body="x",
            occurred_at=days_ago(age),
            external_key=str(next(_keys)),
        )
    return conversation


def listed(status: str, age: float, *outcomes: str, undone: float | None = None) -> ImportBatch:
    """Make a list with a row per outcome, finished so many days ago."""
    over = days_ago(age) if status in ("completed", "failed", "undone") else None
    batch = ImportBatch.objects.create(file_name="p.csv", file_digest="", file_format="csv", status=status, completed_at=over)
    ImportBatch.objects.filter(pk=batch.pk).update(created_at=days_ago(age), undone_at=None if undone is None else days_ago(undone))
    for number, outcome in enumerate(outcomes):
        ImportRow.objects.create(batch=batch, row_number=number, outcome=outcome, original="[]")
    return batch


def look(age: float) -> None:
    """Make a line in the log of looks."""
    made = record_access(actor=None, action="view", how_many=1, subject=f"list:{next(_keys)}")
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        PersonalDataAccess.objects.filter(pk=made.pk).update(created_at=days_ago(age))
        cursor.execute("SET session_replication_role = DEFAULT")


def rows() -> list[int]:
    """Return how many rows of each rule's kind there are."""
    return [Message.objects.count(), Conversation.objects.count(), ImportRow.objects.count(), PersonalDataAccess.objects.count()]


def went() -> dict[str, int]:
    return {rule.code: found.rows for rule, found in zip(RULES, apply_retention(), strict=True) if found.rows}


def test_texts_go_after_their_months_and_younger_ones_stay():
    both = thread(10, 800)
    assert went() == {"texts": 1}
    assert list(both.messages.values_list("occurred_at", flat=True)) == [days_ago(10)]


def test_a_conversation_goes_with_its_last_text_and_its_numbers():
    thread(731, 800)
    assert went() == {"texts": 2, "conversations": 1}
    assert (Conversation.objects.count(), Participant.objects.count(), Message.objects.count()) == (0, 0, 0)


def test_an_empty_conversation_goes_by_when_it_was_made():
    thread(made=731)
    young = thread(made=10)
    assert went() == {"conversations": 1}
    assert Conversation.objects.get() == young


@pytest.mark.parametrize("status", ["completed", "failed", "undone"])
def test_rows_of_a_finished_list_go_three_months_after_it_was_over(status: str):
    listed(status, 93, "new", "changed", "merged", "unchanged")
    listed(status, 80, "new")
    assert went() == {"import_rows": 4}
    assert ImportRow.objects.count() == 1 and ImportBatch.objects.count() == 2


def test_a_list_undone_late_is_kept_from_then_on():
    listed("undone", 110, "new", undone=80)
    assert went() == {}


def test_rows_that_made_nobody_a_customer_go_earlier():
    listed("completed", 40, "refused", "held", "duplicate_in_file", "new")
    assert went() == {"unmatched_rows": 3}


def test_a_list_that_nobody_confirmed_is_discarded():
    batch = listed("ready", 40, "new", "refused")
    assert went() == {"unmatched_rows": 2}
    batch.refresh_from_db()
    assert batch.status == "discarded"


@pytest.mark.parametrize("status", ["queued", "processing"])
def test_a_list_that_is_being_written_loses_nothing(status: str):
    listed(status, 400, "new", "refused")
    assert went() == {}


def test_looks_go_after_thirteen_months_though_nobody_else_may_delete_them():
    look(400)
    look(390)
    assert went() == {"looks": 1}
    from django.db import DatabaseError

    with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
        PersonalDataAccess.objects.all().delete()


def test_what_law_and_books_want_kept_is_never_touched():
    with time_machine.travel(days_ago(4_000), tick=False):
        made = register_customer(name="Ana", phone_text="+15125550142", opted_out=True)
        grant_points(customer_ids=[made.pk], points=5, reason="test", campaign_key="k")
        ConsentEvent.objects.create(address_tag="t", channel="sms", action="withdrawn", source="staff", event_key="e")
    assert went() == {}
    assert (Customer.objects.count(), PointsTransaction.objects.count(), ConsentEvent.objects.filter(event_key="e").count()) == (1, 1, 1)


AGES = st.lists(st.integers(0, 1_200), max_size=4)
LISTS = st.lists(
    st.tuples(
        st.sampled_from(ImportBatch.Status.values), st.integers(0, 200), st.lists(st.sampled_from(ImportRow.Outcome.values), max_size=4)
    ),
    max_size=4,
)
MONTHS = st.none() | st.integers(1, 30)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(threads=st.lists(AGES, max_size=4), lists=LISTS, looks=st.lists(st.integers(0, 900), max_size=3), texts=MONTHS, unmatched=MONTHS)
def test_a_dry_run_says_exactly_what_the_run_removes(threads, lists, looks, texts, unmatched):
    with transaction.atomic():
        BusinessSettings.objects.filter(pk=1).update(keep_conversations_months=texts, keep_unmatched_rows_months=unmatched)
        for ages in threads:
            thread(*ages, made=max(ages, default=500))
        for status, age, outcomes in lists:
            listed(status, age, *outcomes)
        for age in looks:
            look(age)
        before, report = rows(), overdue()
        assert rows() == before
        assert apply_retention() == report
        said = {rule.code: found.rows for rule, found in zip(RULES, report, strict=True)}
        after = [said["texts"], said["conversations"], said["import_rows"] + said["unmatched_rows"], said["looks"]]
        assert [was - now for was, now in zip(before, rows(), strict=True)] == after
        assert [found.rows for found in overdue()] == [0] * len(RULES)
        assert all(sum(found.by_year.values()) == found.rows for found in report)
        transaction.set_rollback(True)


def test_the_run_leaves_a_line_in_the_audit_trail_and_an_idle_one_none():
    thread(800)
    apply_retention()
    apply_retention()
    assert AuditEntry.objects.get(action="retention_applied").details == {"texts": 1, "conversations": 1}


def test_a_run_that_was_stopped_goes_on(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("customers.services.privacy.retention.BATCH_ROWS", 2)
    for _turn in range(5):
        thread(800)
    assert went() == {"texts": 5, "conversations": 5}
    assert Conversation.objects.count() == 0


def test_the_nightly_job_does_it_for_every_business(tenant: Tenant):
    thread(800)
    let_go()
    connection.set_tenant(tenant)
    assert Message.objects.count() == 0


def test_the_command_reports_and_changes_nothing_when_dry(capsys: pytest.CaptureFixture[str]):
    thread(10, 800)
    look(400)
    call_command("apply_retention", "--tenant", "shop", "--dry-run")
    said = capsys.readouterr().out
    assert "Clean Machine Auto Detail: would go" in said and "Nothing was deleted (dry run)." in said
    assert "         1  texts (older than 24 months, before 2024-11-21; 2024: 1)" in said
    assert rows() == [2, 1, 0, 1]
    call_command("apply_retention", "--tenant", "shop")
    assert "Clean Machine Auto Detail: went" in capsys.readouterr().out
    assert rows() == [1, 1, 0, 0]


def test_for_ever_is_said(capsys: pytest.CaptureFixture[str]):
    BusinessSettings.objects.filter(pk=1).update(keep_conversations_months=None)
    thread(8_000)
    call_command("apply_retention", "--tenant", "shop")
    assert "-  texts (kept for ever)" in capsys.readouterr().out
    assert Message.objects.count() == 1


def test_an_unknown_business_is_one_sentence():
    with pytest.raises(CommandError, match="no business"):
        call_command("apply_retention", "--tenant", "nobody")


@pytest.mark.parametrize(
    ("column", "least"),
    [
        ("keep_conversations_months", 1),
        ("keep_import_rows_months", 2),
        ("keep_unmatched_rows_months", 1),
        ("keep_access_log_months", 12),
    ],
)
def test_a_limit_below_what_is_needed_is_refused(column: str, least: int):
    chosen = BusinessSettings.objects.get(pk=1)
    for fine in (least, 120, None):
        setattr(chosen, column, fine)
        chosen.full_clean()
    for wrong in (least - 1, 0, -1):
        setattr(chosen, column, wrong)
        with pytest.raises(ValidationError) as refused:
            chosen.full_clean()
        assert column in refused.value.message_dict


@pytest.mark.parametrize("column", KEPT_MONTHS)
def test_the_database_refuses_it_too(column: str):
    with pytest.raises(IntegrityError), transaction.atomic():
        BusinessSettings.objects.filter(pk=1).update(**{column: 0})


@pytest.mark.parametrize(
    ("moment", "months", "before"),
    [("2026-03-31", 1, "2026-02-28"), ("2024-03-31", 1, "2024-02-29"), ("2026-01-15", 1, "2025-12-15"), ("2026-02-28", 24, "2024-02-28")],
)
def test_months_are_counted_as_people_count_them(moment: str, months: int, before: str):
    assert months_before(datetime.datetime.fromisoformat(moment), months) == datetime.datetime.fromisoformat(before)


def test_a_text_that_arrives_keeps_its_conversation(tenant: Tenant):
    old = thread(800)
    fresh = uuid.uuid4().hex
    Message.objects.create(conversation=old, direction="inbound", source="twilio", body="x", occurred_at=timezone.now(), external_key=fresh)
    assert went() == {"texts": 1}
    assert Message.objects.get().external_key == fresh
