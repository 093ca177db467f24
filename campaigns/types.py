"""The numbers a campaign shows."""

from dataclasses import dataclass, field


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

    @property
    def percent(self) -> int:
        """How far the campaign is, 0 to 100; 100 only when every person has an outcome on both channels."""
        whole = self.sms.total * 2
        return 100 if whole == 0 else (self.sms.finished + self.email.finished) * 100 // whole


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


@dataclass(frozen=True, slots=True)
class TextsCost:
    """What starting a campaign costs: texts to pay for, and points given away."""

    people: int
    points: int
    points_money_minor: int
    segments: int
    money_minor: int
