"""What the owner's page of proposals and merges shows: a handful of queries, however many there are."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Count, Max, Q

from customers.errors import UnknownMerge
from customers.models import Customer, CustomerMerge, ImportRow, MergeEvidence, MergeProposal, Participant
from servicepro.lib.phone import mask_phone

PAGE_ROWS = 25
_REFUSALS = {
    "opted_out": "asked to be left alone",
    "sms_opt_out": "stopped texts",
    "email_opt_out": "stopped emails",
}
_FIELDS = {"phone": "phone", "email": "email", "other_phone": "further phone", "name": "name"}


@dataclass(frozen=True, slots=True)
class RecordCard:
    """One of the two records, as the owner compares it; the phone masked."""

    id: int
    name: str
    phone: str
    email: str
    points: int
    source: str
    since: datetime.datetime
    wishes: tuple[str, ...]
    conversations: int
    last_message_at: datetime.datetime | None


@dataclass(frozen=True, slots=True)
class Question:
    """A proposal with its two records and the evidence in sentences."""

    id: int
    first: RecordCard
    second: RecordCard
    evidence: tuple[str, ...]

    @property
    def records(self) -> tuple[RecordCard, RecordCard]:
        """Return both, the older one first."""
        return self.first, self.second

    @property
    def wishes(self) -> tuple[str, ...]:
        """Return what either of them refused."""
        return tuple(dict.fromkeys(self.first.wishes + self.second.wishes))

    @property
    def points(self) -> int:
        """Return what the person will have in points."""
        return self.first.points + self.second.points


@dataclass(frozen=True, slots=True)
class PastMerge:
    """A merge with what it did; `waits_for` is the later merge that has to be undone before it."""

    merge: CustomerMerge
    waits_for: int | None
    can_undo: bool


def open_questions(page: str | int | None = None) -> tuple[list[Question], Page]:
    """Return a page of open proposals, the oldest first."""
    found = MergeProposal.objects.filter(status=MergeProposal.Status.OPEN).select_related("first", "second").order_by("pk")
    shown = Paginator(found, PAGE_ROWS).get_page(page)
    return _questions(shown.object_list), shown


def question(proposal_id: int) -> Question:
    """Return one open proposal. Raises UnknownMerge where it does not exist or was answered."""
    found = MergeProposal.objects.filter(pk=proposal_id, status=MergeProposal.Status.OPEN).select_related("first", "second")
    asked = _questions(found)
    if not asked:
        raise UnknownMerge("This question was answered already.")
    return asked[0]


def proposal_by_id(proposal_id: int) -> MergeProposal:
    """Return a proposal with its two records. Raises UnknownMerge."""
    found = MergeProposal.objects.filter(pk=proposal_id).select_related("first", "second").first()
    if found is None:
        raise UnknownMerge("There is no such proposal.")
    return found


def merge_by_id(merge_id: int) -> CustomerMerge:
    """Return a merge. Raises UnknownMerge."""
    found = CustomerMerge.objects.filter(pk=merge_id).first()
    if found is None:
        raise UnknownMerge("There is no such merge.")
    return found


def past_merges(page: str | int | None = None) -> tuple[list[PastMerge], Page]:
    """Return a page of merges, the newest first, with what stands in the way of undoing each."""
    found = CustomerMerge.objects.select_related("kept", "gone", "actor", "undone_by").defer("before").order_by("-pk")
    shown = Paginator(found, PAGE_ROWS).get_page(page)
    merges = list(shown.object_list)
    people = [merge.kept_id for merge in merges]
    standing = CustomerMerge.objects.filter(Q(kept__in=people) | Q(gone__in=people), undone_at=None).values_list("pk", "kept_id", "gone_id")
    latest: dict[int, int] = {}
    for pk, kept, gone in standing.order_by("pk"):
        latest[kept] = latest[gone] = pk
    past = []
    for merge in merges:
        after = latest.get(merge.kept_id)
        waits_for = after if after and after > merge.pk and not merge.undone_at else None
        is_erased = bool(merge.kept.erased_as or merge.gone.erased_as)
        past.append(PastMerge(merge, waits_for, can_undo=not merge.undone_at and waits_for is None and not is_erased))
    return past, shown


def _questions(proposals: Iterable[MergeProposal]) -> list[Question]:
    found = list(proposals)
    ids = {pk for proposal in found for pk in (proposal.first_id, proposal.second_id)}
    talks = {
        row["customer"]: (row["count"], row["last"])
        for row in Participant.objects.filter(customer__in=ids)
        .values("customer")
        .annotate(count=Count("conversation", distinct=True), last=Max("conversation__last_message_at"))
    }
    clues: dict[int, list[MergeEvidence]] = {}
    for clue in MergeEvidence.objects.filter(proposal__in=[proposal.pk for proposal in found]).order_by("pk"):
        clues.setdefault(clue.proposal_id, []).append(clue)
    sentences = _sentences([clue for group in clues.values() for clue in group])
    return [
        Question(
            proposal.pk,
            _card(proposal.first, talks),
            _card(proposal.second, talks),
            tuple(dict.fromkeys(sentences[clue.pk] for clue in clues.get(proposal.pk, []))),
        )
        for proposal in found
    ]


def _card(customer: Customer, talks: dict[int, tuple[int, datetime.datetime | None]]) -> RecordCard:
    wishes = [words for column, words in _REFUSALS.items() if getattr(customer, column)]
    wishes += ["said no to texts"] if customer.sms_consent is False else []
    wishes += ["said no to WhatsApp"] if customer.whatsapp_consent is False else []
    wishes += ["said no to marketing"] if customer.gdpr_marketing_consent is False else []
    count, last = talks.get(customer.pk, (0, None))
    return RecordCard(
        id=customer.pk,
        name=customer.name,
        phone=mask_phone(customer.phone) if customer.phone else "",
        email=customer.email or "",
        points=customer.loyalty_points_balance,
        source=customer.source,
        since=customer.created_at,
        wishes=tuple(wishes),
        conversations=count,
        last_message_at=last,
    )


def _sentences(clues: Sequence[MergeEvidence]) -> dict[int, str]:
    """Say each clue with the row or conversation behind it."""
    ids = [clue.record_id for clue in clues if clue.record_kind == "participant"]
    talks = {row.pk: row for row in Participant.objects.filter(pk__in=ids).select_related("conversation")} if ids else {}
    ids = [clue.record_id for clue in clues if clue.record_kind == "import_row"]
    listed = ImportRow.objects.filter(pk__in=ids).select_related("batch").only("row_number", "batch__file_name")
    rows = {row.pk: row for row in listed} if ids else {}
    return {clue.pk: _sentence(clue, talks.get(clue.record_id), rows.get(clue.record_id)) for clue in clues}


def _sentence(clue: MergeEvidence, participant: Participant | None, row: ImportRow | None) -> str:
    field = _FIELDS.get(clue.shared_field, clue.shared_field)
    if clue.record_kind == "import_row":
        which = f"Row {row.row_number} of “{row.batch.file_name}”" if row else "A row of a list that is no longer kept"
        return f"{which} fits both of them."
    if clue.record_kind == "participant":
        last = participant.conversation.last_message_at if participant else None
        when = f", last message {last:%b} {last.day}, {last.year}" if last else ""
        number = participant.conversation_id if participant else clue.record_id
        return f"The {field} of one is in a conversation of the other (conversation {number}{when})."
    return f"Same {field} (customer {clue.record_id})."
