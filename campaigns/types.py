"""The numbers a campaign shows, and what an invitation is made of."""

import datetime
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from servicepro.lib.segments import SegmentCount


@dataclass(frozen=True, slots=True)
class ChannelCounts:
    """How many targets stand where, on one channel; they always add up to the total."""

    total: int
    sent: int = 0
    failed: int = 0
    skipped: int = 0
    held: int = 0
    pending: int = 0
    in_doubt: int = 0

    @property
    def adds_up(self) -> bool:
        """Whether every target is counted exactly once."""
        return self.total == self.sent + self.failed + self.skipped + self.held + self.pending + self.in_doubt

    @property
    def finished(self) -> int:
        """How many have their final outcome."""
        return self.sent + self.failed + self.skipped


@dataclass(frozen=True, slots=True)
class CampaignCounts:
    """Everything a campaign's page adds up."""

    sms: ChannelCounts
    email: ChannelCounts
    points_granted: int
    skipped_by_reason: dict[str, int] = field(default_factory=dict)
    has_email: bool = True

    @property
    def percent(self) -> int:
        """How far the campaign is, 0 to 100; 100 only when every person has an outcome on each of its channels."""
        channels = (self.sms, self.email) if self.has_email else (self.sms,)
        whole = sum(channel.total for channel in channels)
        return 100 if whole == 0 else sum(channel.finished for channel in channels) * 100 // whole


@dataclass(frozen=True, slots=True)
class Preview:
    """Who would be reached, before anything is written."""

    people: int
    with_phone: int
    with_email: int
    reach_sms: int
    reach_email: int
    skipped_by_reason: dict[str, int]
    points_total: int
    points_money_minor: int
    joined_records: int


@dataclass(slots=True)
class BatchResult:
    """What one batch did."""

    handled: int = 0
    sent: int = 0
    failed: int = 0
    skipped: int = 0
    held: int = 0
    in_doubt: int = 0
    is_finished: bool = False
    paused_because: str = ""
    rests_until: datetime.datetime | None = None


@dataclass(frozen=True, slots=True)
class TextsCost:
    """What starting a campaign costs: texts to pay for, and points given away."""

    people: int
    points: int
    points_money_minor: int
    segments: int
    money_minor: int


STATUSES = ("imported", "invited", "expired")  # whom an invitation can go to: people from a list who have not registered


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is to be invited: people from a list who have not registered, narrowed down.

    `tags` asks for one of them; `place_id` for an appointment there; the last visit is an appointment that was kept, so people
    without one match neither bound. Dates are days on the business's clock: before the first, from the second on.
    """

    statuses: frozenset[str] = frozenset(STATUSES)
    tags: tuple[str, ...] = ()
    import_batch_id: uuid.UUID | None = None
    place_id: int | None = None
    last_visit_before: datetime.date | None = None
    last_visit_after: datetime.date | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return {
            "statuses": sorted(self.statuses),
            "tags": list(self.tags),
            "import_batch_id": str(self.import_batch_id) if self.import_batch_id else None,
            "place_id": self.place_id,
            "last_visit_before": self.last_visit_before.isoformat() if self.last_visit_before else None,
            "last_visit_after": self.last_visit_after.isoformat() if self.last_visit_after else None,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Audience":
        """Return what was stored; everybody where nothing was."""
        batch, before, after = (stored.get(name) for name in ("import_batch_id", "last_visit_before", "last_visit_after"))
        return cls(
            statuses=frozenset(stored.get("statuses", STATUSES)),
            tags=tuple(stored.get("tags", ())),
            import_batch_id=uuid.UUID(batch) if batch else None,
            place_id=stored.get("place_id"),
            last_visit_before=datetime.date.fromisoformat(before) if before else None,
            last_visit_after=datetime.date.fromisoformat(after) if after else None,
        )


@dataclass(frozen=True, slots=True)
class AudiencePreview:
    """Who would be invited: `people` are all who match and have not registered, `reach` those a message would go to now.

    `left_out` counts the others by reason, so `people` is `reach` and all of them. `by_channel` says how the message would travel
    first. `registered` people match too, and are not invited any more.
    """

    people: int
    reach: int
    by_channel: dict[str, int]
    left_out: dict[str, int]
    registered: int = 0


@dataclass(frozen=True, slots=True)
class InvitationDraft:
    """What an owner wrote for an invitation; `content_variables` maps a template's number to a field."""

    channel: str
    message_template: str
    offer_id: int | None = None
    content_sid: str = ""
    content_variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MessagePreview:
    """An invitation as one person would read it; `cost_micros` is one text's, in millionths of the account's currency."""

    text: str
    segments: SegmentCount
    cost_micros: int
    whatsapp_text: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InvitationStats:
    """The funnel of an invitation, in people; each number counts rows.

    `sent` was taken by the provider, and stays so; of those `delivered` arrived, `read` among them; `failed` was refused, or
    reported later as not delivered. `registered` and `booked` came after the message was sent.
    """

    target: int
    sent: int
    delivered: int
    read: int
    failed: int
    opted_out: int
    registered: int
    booked: int


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """Which customers are meant; the empty one means all. Money is in minor units, dates are days on the business's clock.

    Bookings, spending and the last booking count what was not cancelled, at the places that were chosen. `tags` asks for one of
    them; `search` finds part of a name or email. The first day is included, the second is not.
    """

    search: str = ""
    has_email: bool = False
    has_phone: bool = False
    has_whatsapp_consent: bool = False
    last_booking_from: datetime.date | None = None
    last_booking_before: datetime.date | None = None
    bookings_min: int | None = None
    bookings_max: int | None = None
    spent_min_minor: int | None = None
    spent_max_minor: int | None = None
    tags: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as it is stored: what narrows down, nothing else."""
        stored: dict[str, Any] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if value != each.default:
                stored[each.name] = value.isoformat() if isinstance(value, datetime.date) else value
        return stored

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "CustomerFilter":
        """Return what was stored; what is not of ours is left out."""
        values = {each.name: stored[each.name] for each in fields(cls) if each.name in stored}
        for name in ("last_booking_from", "last_booking_before"):
            if values.get(name):
                values[name] = datetime.date.fromisoformat(values[name])
        return cls(**values | {"tags": tuple(values.get("tags", ()))})


EVERYBODY = CustomerFilter()


@dataclass(frozen=True, slots=True)
class SelectionStep:
    """One thing an owner did to a selection: ticked or unticked everybody who matches, or these customers."""

    is_added: bool
    filter: CustomerFilter | None = None
    customer_ids: frozenset[int] = frozenset()

    def as_json(self) -> dict[str, Any]:
        """Return it as it is stored."""
        who = {"filter": self.filter.as_json()} if self.filter is not None else {"ids": sorted(self.customer_ids)}
        return {"add": self.is_added, **who}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "SelectionStep":
        """Return what was stored."""
        if "filter" in stored:
            return cls(stored["add"], CustomerFilter.from_json(stored["filter"]))
        return cls(stored["add"], customer_ids=frozenset(stored["ids"]))


@dataclass(frozen=True, slots=True)
class Selection:
    """The chosen customers of chosen places: what an owner ticked and unticked, in that order; the last word on somebody counts."""

    place_ids: tuple[int, ...] = ()
    steps: tuple[SelectionStep, ...] = ()

    def mark(self, matching: CustomerFilter, *, is_added: bool) -> "Selection":
        """Return it with everybody who matches ticked or unticked; what that settles for everybody before is forgotten."""
        earlier = () if matching == EVERYBODY else self.steps
        step = (SelectionStep(is_added, matching),) if is_added or earlier else ()
        return Selection(self.place_ids, (*earlier, *step))

    def mark_people(self, customer_ids: Iterable[int], *, is_added: bool) -> "Selection":
        """Return it with these customers ticked or unticked."""
        ids, kept = frozenset(customer_ids), list(self.steps)
        tail: list[SelectionStep] = []
        while kept and kept[-1].filter is None:  # ticks of single people in a row are one step each way, in either order
            last = kept.pop()
            if left := last.customer_ids - ids:
                tail.insert(0, SelectionStep(last.is_added, customer_ids=left))
        same = next((step for step in tail if step.is_added == is_added), None)
        if same:
            tail.remove(same)
            ids |= same.customer_ids
        return Selection(self.place_ids, (*kept, *tail, SelectionStep(is_added, customer_ids=ids)) if ids else self.steps)

    def as_json(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return {"place_ids": list(self.place_ids), "steps": [step.as_json() for step in self.steps]}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Selection":
        """Return what was stored; nobody where nothing was."""
        steps = (SelectionStep.from_json(step) for step in stored.get("steps", ()))
        return cls(tuple(stored.get("place_ids", ())), tuple(steps))


@dataclass(frozen=True, slots=True)
class ListedCustomer:
    """A customer as an owner sees them while choosing; the phone is masked. `spent_minor` is in minor units."""

    id: int
    name: str
    email: str
    masked_phone: str
    has_marketing_consent: bool
    has_whatsapp_consent: bool
    last_booking_at: datetime.datetime | None
    bookings: int
    spent_minor: int
    is_selected: bool


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """A page of the customers who may be chosen: `matching` pass the filter, `eligible` are all of these places who agreed.

    `selected` of the eligible are ticked, `selected_matching` of those on all pages of this filter.
    """

    customers: tuple[ListedCustomer, ...]
    page: int
    pages: int
    matching: int
    eligible: int
    selected: int
    selected_matching: int


@dataclass(frozen=True, slots=True)
class MessagingContent:
    """What a messaging campaign says; `content_variables` maps a WhatsApp template's number to a field, "first_name|there"."""

    email_subject: str = ""
    email_html: str = ""
    whatsapp_text: str = ""
    content_sid: str = ""
    content_variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MessagingPreview:
    """A messaging campaign as one person would get it; channels that were not chosen are empty."""

    name: str
    email_subject: str = ""
    email_html: str = ""
    email_text: str = ""
    whatsapp_text: str = ""


@dataclass(frozen=True, slots=True)
class MessagingReach:
    """Whom a messaging campaign would reach now: people per channel ("email", "whatsapp"), and why others are not, by channel.

    `people` get something; `selected` are they and those whom no chosen channel reaches. `cost_micros` is in millionths of the
    account's currency, `seconds` the time it takes at the allowed pace.
    """

    selected: int
    people: int
    by_channel: Mapping[str, int]
    left_out: Mapping[str, Mapping[str, int]]
    cost_micros: int = 0
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class ChannelStats:
    """What became of one channel's messages, in people: total is sent, failed, skipped and pending (held and in doubt among these).

    Of `sent`, `delivered` arrived and `opened` was read, as the provider said since; `bounced` was taken and then not delivered, and
    stays counted in `sent`. `opted_out` said no after they were written to.
    """

    channel: str
    total: int
    sent: int
    failed: int
    skipped: int
    pending: int
    delivered: int
    opened: int
    bounced: int
    opted_out: int
    cost_micros: int


@dataclass(frozen=True, slots=True)
class MessagingStats:
    """The numbers of a messaging campaign: messages by channel, and `recipients`, the people on its list."""

    recipients: int
    channels: tuple[ChannelStats, ...]
    tracks_opens: bool = False
