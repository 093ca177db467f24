"""The geometry of the chart of a messaging campaign: a bar for each outcome of each channel; the page draws it, no script does."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

from campaigns.types import ChannelStats

# As narrow as a phone, so that its words keep their size there.
WIDTH, LEFT, RIGHT = 340, 84, 56
_ROW, _BAR, _HEADING, _GAP = 24, 14, 26, 10
OUTCOMES = (
    ("Sent", "sent"),
    ("Delivered", "delivered"),
    ("Opened", "opened"),
    ("Failed", "failed"),
    ("Left out", "skipped"),
    ("Waiting", "pending"),
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar lying at `y`, `length` long; `name` is the outcome it shows."""

    label: str
    name: str
    y: int
    length: float
    count: int

    @property
    def box(self) -> SafeString:
        """Return where it stands, as attributes."""
        return format_html('x="{}" y="{}" width="{}" height="{}"', LEFT, self.y, f"{self.length:.1f}", _BAR)

    @property
    def label_at(self) -> SafeString:
        """Return where its word ends, as attributes."""
        return format_html('x="{}" y="{}"', LEFT - 8, self.y + _BAR - 2)

    @property
    def count_at(self) -> SafeString:
        """Return where its number begins, as attributes."""
        return format_html('x="{}" y="{}"', f"{LEFT + self.length + 6:.1f}", self.y + _BAR - 2)


@dataclass(frozen=True, slots=True)
class Group:
    """The bars of a channel, under its name at `y`."""

    channel: str
    y: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of `width` by `height` units."""

    width: int
    height: int
    groups: tuple[Group, ...]


def draw(channels: Sequence[ChannelStats], *, unknown: frozenset[str] = frozenset()) -> Chart:
    """Return a group of bars for each channel, all to one scale; the opened ones of `unknown` channels are left out."""
    most = max((channel.total for channel in channels), default=0)
    scale = (WIDTH - LEFT - RIGHT) / max(most, 1)
    y, groups = 0, []
    for channel in channels:
        top, bars = y + _HEADING - 8, []
        y += _HEADING
        for label, name in OUTCOMES:
            if name == "opened" and channel.channel in unknown:
                continue
            count = getattr(channel, name)
            bars.append(Bar("Read" if name == "opened" and channel.channel == "whatsapp" else label, name, y, count * scale, count))
            y += _ROW
        y += _GAP
        groups.append(Group(channel.channel, top, tuple(bars)))
    return Chart(WIDTH, y, tuple(groups))
