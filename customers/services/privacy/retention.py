"""Keep nothing longer than the business decided: a report of what would go, and the run that lets it go.

What law or the books want kept has no limit here: consent events and suppressions, points, the send ledger, the audit trail,
certificates of erased people.
"""

import calendar
import datetime
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, ExtractYear
from django.utils import timezone

from customers.models import Conversation, ImportBatch, ImportRow, Message, PersonalDataAccess
from servicepro.lib.tenancy import connection
from tenants.selectors import business_settings
from tenants.services import record_action

BATCH_ROWS = 5_000
_MADE_NOBODY = (ImportRow.Outcome.REFUSED, ImportRow.Outcome.HELD, ImportRow.Outcome.DUPLICATE_IN_FILE)
_NEVER_WRITTEN = (ImportBatch.Status.READY, ImportBatch.Status.DISCARDED)
_OVER = (ImportBatch.Status.COMPLETED, ImportBatch.Status.FAILED, ImportBatch.Status.UNDONE)


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """One kind of row, the setting that says for how many months it is kept, and which rows are older than a moment.

    `moment` is the expression that dates a row.
    """

    code: str
    kind: str
    setting: str
    older: Callable[[datetime.datetime], QuerySet]
    moment: str
    is_append_only: bool = False


@dataclass(frozen=True, slots=True)
class Overdue:
    """How many rows of one kind are kept too long, by the year they come from; `months` is None where they are kept for ever."""

    kind: str
    months: int | None
    before: datetime.datetime | None = None
    rows: int = 0
    oldest: datetime.datetime | None = None
    by_year: dict[int, int] = field(default_factory=dict)


def _texts(before: datetime.datetime) -> QuerySet:
    return Message.objects.filter(occurred_at__lt=before)


def _empty_conversations(before: datetime.datetime) -> QuerySet:
    texts = Message.objects.filter(conversation=OuterRef("pk"), occurred_at__gte=before)
    last = Coalesce("last_message_at", "created_at")
    return Conversation.objects.annotate(last=last).filter(~Exists(texts), last__lt=before)


def _written_rows(before: datetime.datetime) -> QuerySet:
    over = Coalesce("batch__undone_at", "batch__completed_at", "batch__created_at")
    return ImportRow.objects.annotate(over=over).filter(batch__status__in=_OVER, over__lt=before).exclude(outcome__in=_MADE_NOBODY)


def _rows_of_nobody(before: datetime.datetime) -> QuerySet:
    waiting = (ImportBatch.Status.QUEUED, ImportBatch.Status.PROCESSING)
    nobody = Q(outcome__in=_MADE_NOBODY) | Q(batch__status__in=_NEVER_WRITTEN)
    return ImportRow.objects.filter(nobody, batch__created_at__lt=before).exclude(batch__status__in=waiting)


def _looks(before: datetime.datetime) -> QuerySet:
    return PersonalDataAccess.objects.filter(created_at__lt=before)


RULES = (
    RetentionRule("texts", "texts", "keep_conversations_months", _texts, "occurred_at"),
    RetentionRule(
        "conversations", "conversations without texts, with the numbers in them", "keep_conversations_months", _empty_conversations, "last"
    ),
    RetentionRule("import_rows", "rows of imported lists", "keep_import_rows_months", _written_rows, "over"),
    RetentionRule(
        "unmatched_rows", "rows of lists that made nobody a customer", "keep_unmatched_rows_months", _rows_of_nobody, "batch__created_at"
    ),
    RetentionRule("looks", "looks at personal data", "keep_access_log_months", _looks, "created_at", is_append_only=True),
)


def overdue() -> list[Overdue]:
    """Return what is kept longer than the business decided, a line a kind, without changing anything."""
    return [_look_at(rule) for rule in RULES]


def apply_retention() -> list[Overdue]:
    """Let go of what is kept longer than the business decided, a few thousand rows at a time; return what went.

    A list that nobody confirmed in time is discarded. Stopping in between loses nothing: the next run goes on.
    """
    report = overdue()
    for rule, found in zip(RULES, report, strict=True):
        if found.before is not None and found.rows:
            _discard_waiting(rule, found.before)
            _let_go(rule, found.before)
    gone = {rule.code: found.rows for rule, found in zip(RULES, report, strict=True) if found.rows}
    if gone:
        record_action(None, "retention_applied", "business:1", **gone)
    return report


def _look_at(rule: RetentionRule) -> Overdue:
    months: int | None = getattr(business_settings(), rule.setting)
    if months is None:
        return Overdue(rule.kind, None)
    before = months_before(timezone.now(), months)
    rows = rule.older(before).annotate(year=ExtractYear(rule.moment)).order_by().values("year")
    years = list(rows.annotate(count=Count("pk"), oldest=Min(rule.moment)).order_by("year").values_list("year", "count", "oldest"))
    oldest = years[0][2] if years else None
    return Overdue(rule.kind, months, before, sum(count for _y, count, _o in years), oldest, {year: count for year, count, _o in years})


def months_before(moment: datetime.datetime, months: int) -> datetime.datetime:
    """Return the same day so many months earlier, or the last day of a shorter month."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def _discard_waiting(rule: RetentionRule, before: datetime.datetime) -> None:
    if rule.older is _rows_of_nobody:
        ready = ImportBatch.objects.filter(status=ImportBatch.Status.READY, created_at__lt=before)
        ready.update(status=ImportBatch.Status.DISCARDED)


def _let_go(rule: RetentionRule, before: datetime.datetime) -> None:
    while True:
        with transaction.atomic():
            if rule.is_append_only:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT set_config('servicepro.erase', 'on', true)")
            # Locked, so that a conversation into which a text just arrives is looked at again and stays.
            due = rule.older(before).select_for_update(of=("self",)).order_by("pk")
            ids = list(due.values_list("pk", flat=True)[:BATCH_ROWS])
            if not ids:
                return
            rule.older(before).model._default_manager.filter(pk__in=ids).delete()
