"""What other apps learn about people."""

import datetime
from dataclasses import dataclass, field

# What somebody agrees to who wants texts when they register, and what stands beside it; the registration with the carriers quotes both.
TEXTS_WORDING = "{business} may text me offers and news at this number."
TEXTS_TERMS = "Message frequency varies. Message and data rates may apply. Text STOP any time to end it, HELP for help."


@dataclass(frozen=True, slots=True)
class ConsentFacts:
    """What a person allowed; the strictest of all records that are the same person. None means never recorded."""

    sms_consent: bool | None = None
    opted_out: bool = False
    sms_opt_out: bool = False
    email_opt_out: bool = False
    gdpr_marketing_consent: bool | None = None
    time_zone: str = ""
    whatsapp_consent: bool | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """How somebody said yes or no: `source` is the door (portal, link, staff), `wording` the sentence they were shown or said.

    `actor` is who recorded it, empty where it was the person; `given_at` when they said it, where that was before it was recorded.
    """

    wording: str
    source: str = "portal"
    actor: str = ""
    given_at: datetime.datetime | None = None


@dataclass(frozen=True, slots=True)
class ConsentMoment:
    """One time somebody allowed or refused something: the channels it is about, the door it came by, and the words.

    `action` is granted, withdrawn or cleared; `given_at` when they said so, where that was before it was recorded at `at`.
    """

    at: datetime.datetime
    channels: tuple[str, ...]
    action: str
    source: str
    wording: str
    actor: str
    given_at: datetime.datetime | None


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether offers could be sent to somebody on a channel at one moment, the sentences why, and the events behind them."""

    is_allowed: bool
    because: tuple[str, ...]
    events: tuple[ConsentMoment, ...]


@dataclass(frozen=True, slots=True)
class Consolidation:
    """How many distinct people the records make, and what is known of them."""

    people: int
    with_phone: int
    with_email: int
    opted_out: int
    unreadable_phones: int
    joined_records: int
    table: str = "consolidated_people"


@dataclass(frozen=True, slots=True)
class JoinFact:
    """Why a record was taken for a customer: what kind of record, its id and name, and the field both share.

    `shown_value` is the shared address, a phone masked, empty where the joined record is gone. `is_own` says that it is the
    customer's own address, and not one that two of the joined records share; `is_current` that the record still counts for this
    person. `source` and `last_message_at` tell a conversation.
    """

    joined_kind: str
    joined_id: int
    joined_name: str
    shared_field: str
    found_at: datetime.datetime
    shown_value: str = ""
    is_own: bool = True
    is_current: bool = True
    source: str = ""
    last_message_at: datetime.datetime | None = None


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """Somebody who has no customer record yet."""

    name: str
    phone: str | None
    email: str | None
    source: str


@dataclass(frozen=True, slots=True)
class RegisteredPerson:
    """Somebody who registered: the record that stands for them, whether it was made just now, and whether a list had brought them.

    `is_first_time` is False for who had registered before.
    """

    customer_id: int
    is_new: bool
    is_imported: bool
    is_first_time: bool


@dataclass(frozen=True, slots=True)
class UnreadableFile:
    """A file of a takeout that was left out, and why."""

    name: str
    reason: str


@dataclass(slots=True)
class ImportReport:
    """What a Google Voice import did; `messages_known` were there already, `stopped` people asked for no more texts."""

    files: int = 0
    calls_skipped: int = 0
    conversations_new: int = 0
    participants_new: int = 0
    messages_new: int = 0
    messages_known: int = 0
    messages_unreadable: int = 0
    stopped: int = 0
    unreadable: list[UnreadableFile] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RotationStep:
    """A batch of one encrypted column: values rewritten, and values no key of the ring can read."""

    column: str
    rewritten: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class MergeClue:
    """One reason to take two records for one person.

    `shared_field` is phone, email, other_phone, name or row; `record_kind` (customer, participant or import_row) and `record_id` say
    where both meet.
    """

    shared_field: str
    record_kind: str
    record_id: int


@dataclass(frozen=True, slots=True)
class MergedPair:
    """Two records that a merge made one person."""

    merge_id: int
    kept_id: int
    gone_id: int


@dataclass(frozen=True, slots=True)
class UndoReport:
    """What taking an import back did: rows restored, people removed, and (row number, why) of what stayed."""

    restored: int
    removed: int
    kept: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value a row changes, as text for people; `old` is empty where there was nothing."""

    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row of a list, what it does and why; `original` are the cells by header."""

    number: int
    outcome: str
    name: str
    phone: str | None
    email: str | None
    changes: tuple[FieldChange, ...]
    reasons: tuple[str, ...]
    doubts: tuple[str, ...]
    original: dict[str, str]
    customer_id: int | None
    held_for: tuple[int, ...]
    is_opted_out: bool
    kept_reason: str


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """One page of a list's rows, the counts of all by outcome, and when the same file was brought before."""

    rows: tuple[PreviewRow, ...]
    counts: dict[str, int]
    total: int
    opted_out: int
    page: int
    pages: int
    same_file_at: datetime.datetime | None


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far a list is, and the numbers it ends with; `errors` are (row number, reasons) of rows not used, the first of them."""

    status: str
    total: int
    processed: int
    percent: int
    imported: int
    failed: int
    duplicates: int
    held: int
    error_message: str
    errors: tuple[tuple[int, tuple[str, ...]], ...]
    can_undo: bool
