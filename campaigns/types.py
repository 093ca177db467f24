"""The numbers a campaign shows, and what an invitation is made of."""

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
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
