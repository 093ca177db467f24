"""What a row of a list does to the people we know. Pure: facts in, a decision out; the preview and the confirmation both ask here.

The rule. The phone is who somebody is. A row fills what is empty and adds tags, further numbers and unmatched columns; it never
overwrites what is there unless the owner ticked "replace". A row whose phone nobody has joins the one person with its email or one
of its further numbers where the names agree, and is somebody new where they do not: families share an address. A row that would
join two people is held for a person to look at. A refusal always counts; a permission never lifts one.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from customers.models import ImportRow

Outcome = ImportRow.Outcome
_WORD = re.compile(r"\w+")
PERMISSION_NOT_TAKEN = "They asked not to be written to; the permission in the list does not change that."
NOTHING_NEW = "Duplicate phone number: this customer is known, and the row adds nothing"
SHARED_EMAIL = "Somebody else with another name has this email address or one of these numbers; the list makes them two people."


@dataclass(slots=True)
class Entry:
    """A usable row. `tags_of_others` are the tags of its further numbers, in their order; `email` is lower case."""

    name: str
    phone: str
    tag: str
    email: str | None = None
    other_phones: tuple[str, ...] = ()
    tags_of_others: tuple[str, ...] = ()
    birthday: date | None = None
    notes: str = ""
    tags: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)
    sms_consent: bool | None = None
    marketing_consent: bool | None = None
    opted_out: bool = False
    whatsapp_consent: bool | None = None

    @property
    def refuses(self) -> bool:
        """Tell whether the row says that this person is not to be texted."""
        return self.opted_out or self.sms_consent is False


@dataclass(slots=True)
class Known:
    """Somebody we know, as far as a list may touch them; `head` is the record of the same person that stands for all."""

    pk: int
    head: int
    tag: str | None
    name: str
    email: str | None
    other_phones: tuple[str, ...]
    birthday: date | None
    notes: str
    tags: tuple[str, ...]
    extra: Mapping[str, str]
    sms_consent: bool | None
    gdpr_marketing_consent: bool | None
    opted_out: bool
    sms_opt_out: bool
    email_opt_out: bool
    import_batch_id: UUID | None = None
    whatsapp_consent: bool | None = None

    @property
    def refuses_texts(self) -> bool:
        """Tell whether they asked for no texts, in any of the ways one can."""
        return self.opted_out or self.sms_opt_out or self.sms_consent is False


@dataclass(frozen=True, slots=True)
class Fresh:
    """The consent columns of somebody new."""

    sms_consent: bool | None
    gdpr_marketing_consent: bool | None
    sms_opt_out: bool
    email_opt_out: bool
    whatsapp_consent: bool | None


@dataclass(slots=True)
class Decision:
    """What a row does. `changes` is {column of the customer: [old, new]} in values JSON can hold."""

    outcome: Outcome
    customer_id: int | None = None
    changes: dict[str, list[Any]] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    held_for: tuple[int, ...] = ()
    is_opted_out: bool = False
    fresh: Fresh | None = None  # what a new person starts with


@dataclass(slots=True)
class Roster:
    """The people some rows may mean, and which addresses must not be written to."""

    by_tag: Mapping[str, Known]
    by_email: Mapping[str, list[Known]]
    suppressed_phones: Collection[str] = frozenset()  # tags
    suppressed_emails: Collection[str] = frozenset()  # the addresses themselves
    suppressed_whatsapp: Collection[str] = frozenset()  # tags

    def meets(self, entry: Entry) -> bool:
        """Tell whether the row may mean anybody at all."""
        return entry.tag in self.by_tag or entry.email in self.by_email or any(tag in self.by_tag for tag in entry.tags_of_others)


def decide(entry: Entry, roster: Roster, *, replace: bool, batch_id: UUID | None = None) -> Decision:
    """Return what `entry` does, and bring the roster up to it, so that the next row sees it.

    People whom the batch itself brought are met by their phone only: how a list is cut into batches must not matter.
    """
    own = roster.by_tag.get(entry.tag)
    met = _met_otherwise(entry, roster, own, batch_id)
    is_suppressed = entry.tag in roster.suppressed_phones
    if own:
        strangers = {known.head: known.pk for known in met if known.head != own.head}
        if strangers:
            return _held((own.pk, *strangers.values()), entry, is_suppressed or own.refuses_texts)
        return _meet(entry, own, Outcome.CHANGED, roster, is_suppressed=is_suppressed, replace=replace)
    agreeing = {known.head: known for known in reversed(met) if names_agree(entry.name, known.name)}
    if len(agreeing) > 1:
        return _held(tuple(known.pk for known in agreeing.values()), entry, is_suppressed)
    for known in agreeing.values():
        return _meet(entry, known, Outcome.MERGED, roster, is_suppressed=is_suppressed, replace=replace)
    return _new(entry, roster, is_suppressed=is_suppressed, shares=bool(met))


def names_agree(one: str, other: str) -> bool:
    """Tell whether two names can be one person's: the same first word, or all words of one in the other; no name agrees with any."""
    first, second = _words(one), _words(other)
    if not first or not second:
        return True
    return first[0] == second[0] or set(first) <= set(second) or set(second) <= set(first)


def _words(name: str) -> list[str]:
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    return _WORD.findall(plain.casefold())


def _met_otherwise(entry: Entry, roster: Roster, own: Known | None, batch_id: UUID | None) -> list[Known]:
    """Return who is met by the email or a further number, leaving out what the person of the phone is known to have."""
    met: list[Known] = []
    if entry.email and not (own and own.email == entry.email):
        met += roster.by_email.get(entry.email, [])
    for phone, tag in zip(entry.other_phones, entry.tags_of_others, strict=True):
        if tag in roster.by_tag and not (own and phone in own.other_phones):
            met.append(roster.by_tag[tag])
    return [known for known in met if batch_id is None or known.import_batch_id != batch_id]


def _held(customers: Iterable[int], entry: Entry, is_opted_out: bool) -> Decision:
    ids = tuple(sorted(set(customers)))
    reason = f"This row joins {len(ids)} customers we know as different people. Look at them, and merge them if they are one."
    return Decision(Outcome.HELD, reasons=(reason,), held_for=ids, is_opted_out=is_opted_out or entry.refuses)


def _new(entry: Entry, roster: Roster, *, is_suppressed: bool, shares: bool) -> Decision:
    is_out = is_suppressed or entry.refuses
    is_email_suppressed = entry.email in roster.suppressed_emails if entry.email else False
    sms = None if entry.sms_consent and is_out else entry.sms_consent
    marketing = None if entry.marketing_consent and (is_out or is_email_suppressed) else entry.marketing_consent
    is_off_whatsapp = is_out or entry.tag in roster.suppressed_whatsapp
    whatsapp = None if entry.whatsapp_consent and is_off_whatsapp else entry.whatsapp_consent
    is_untaken = (sms, marketing, whatsapp) != (entry.sms_consent, entry.marketing_consent, entry.whatsapp_consent)
    return Decision(
        Outcome.NEW,
        doubts=((SHARED_EMAIL,) if shares else ()) + ((PERMISSION_NOT_TAKEN,) if is_untaken else ()),
        is_opted_out=is_out,
        fresh=Fresh(sms, marketing, is_suppressed, is_email_suppressed, whatsapp),
    )


def _meet(entry: Entry, known: Known, outcome: Outcome, roster: Roster, *, is_suppressed: bool, replace: bool) -> Decision:
    changes = _filled(entry, known, replace=replace)
    changes |= _added(entry, known, replace=replace)
    is_off_whatsapp = known.tag in roster.suppressed_whatsapp or entry.tag in roster.suppressed_whatsapp
    changes |= _consents(entry, known, is_suppressed=is_suppressed, is_off_whatsapp=is_off_whatsapp)
    is_out = is_suppressed or known.refuses_texts or entry.refuses
    wants = True in (entry.sms_consent, entry.marketing_consent, entry.whatsapp_consent)
    for column, (_old, new) in changes.items():
        if column == "phone":
            known.tag = entry.tag
        else:
            setattr(known, column, _as_known(column, new))
    return Decision(
        outcome if changes else Outcome.UNCHANGED,
        known.pk,
        changes,
        reasons=() if changes else (NOTHING_NEW,),
        doubts=(PERMISSION_NOT_TAKEN,) if is_out and wants else (),
        is_opted_out=is_out,
    )


def _as_known(column: str, value: Any) -> Any:
    if column == "birthday":
        return date.fromisoformat(value)
    return tuple(value) if column in ("tags", "other_phones") else value


def _filled(entry: Entry, known: Known, *, replace: bool) -> dict[str, list[Any]]:
    """Return the single values a row fills in, or with `replace` changes."""
    changes: dict[str, list[Any]] = {}
    for column in ("name", "email", "notes"):
        old, new = getattr(known, column) or "", getattr(entry, column) or ""
        if new and new != old and (replace or not old):
            changes[column] = [old, new]
    if entry.birthday and entry.birthday != known.birthday and (replace or not known.birthday):
        changes["birthday"] = [known.birthday and known.birthday.isoformat(), entry.birthday.isoformat()]
    if known.tag is None:
        changes["phone"] = [None, entry.phone]
    return changes


def _added(entry: Entry, known: Known, *, replace: bool) -> dict[str, list[Any]]:
    """Return what a row adds to lists that only grow."""
    changes: dict[str, list[Any]] = {}
    if further := [tag for tag in dict.fromkeys(entry.tags) if tag not in known.tags]:
        changes["tags"] = [list(known.tags), [*known.tags, *further]]
    is_theirs = known.tag is None or known.tag == entry.tag
    pairs = zip((entry.phone, *entry.other_phones), (entry.tag, *entry.tags_of_others), strict=True)
    numbers = [phone for phone, tag in pairs if tag != known.tag and not (is_theirs and tag == entry.tag)]
    if further := [phone for phone in dict.fromkeys(numbers) if phone not in known.other_phones]:
        changes["other_phones"] = [list(known.other_phones), [*known.other_phones, *further]]
    merged = {**known.extra, **entry.extra} if replace else {**entry.extra, **known.extra}
    if merged != known.extra:
        changes["extra"] = [dict(known.extra), merged]
    return changes


def _consents(entry: Entry, known: Known, *, is_suppressed: bool, is_off_whatsapp: bool) -> dict[str, list[Any]]:
    changes: dict[str, list[Any]] = {}
    is_out = is_suppressed or known.refuses_texts or entry.opted_out
    if entry.opted_out and not known.opted_out:
        changes["opted_out"] = [False, True]
    if entry.sms_consent is False and not known.refuses_texts:
        changes["sms_consent"] = [known.sms_consent, False]
    elif entry.sms_consent and known.sms_consent is None and not is_out:
        changes["sms_consent"] = [None, True]
    if entry.marketing_consent is False and known.gdpr_marketing_consent is not False:
        changes["gdpr_marketing_consent"] = [known.gdpr_marketing_consent, False]
    elif entry.marketing_consent and known.gdpr_marketing_consent is None and not (is_out or known.email_opt_out or entry.refuses):
        changes["gdpr_marketing_consent"] = [None, True]
    if entry.whatsapp_consent is False and known.whatsapp_consent is not False:
        changes["whatsapp_consent"] = [known.whatsapp_consent, False]
    elif entry.whatsapp_consent and known.whatsapp_consent is None and not (is_out or is_off_whatsapp or entry.refuses):
        changes["whatsapp_consent"] = [None, True]
    return changes
