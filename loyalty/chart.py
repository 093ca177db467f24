"""The geometry of the chart of earned and redeemed points; the page draws it, no script does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.html import format_html
from django.utils.safestring import SafeString

from loyalty.insights.report import Month
from servicepro.lib.axis import round_step, short_number

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 720, 280, 76, 16, 36
_GRID_STEPS = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """One upright bar."""

    x: float
    y: float
    width: float
    height: float

    @property
    def box(self) -> SafeString:
        """Return where it stands, as attributes: one piece, since a page has many bars."""
        return format_html('x="{}" y="{}" width="{}" height="{}"', *(f"{value:.1f}" for value in (self.x, self.y, self.width, self.height)))


@dataclass(frozen=True, slots=True)
class MonthBars:
    """A month's two bars and where its name stands."""

    first: date
    middle: float
    earned: Bar
    redeemed: Bar


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of `width` by `height` units, with lines at round numbers of points: (y, points)."""

    width: int
    height: int
    left: int
    floor: int
    lines: tuple[tuple[float, str], ...]
    months: tuple[MonthBars, ...]


def draw(months: Sequence[Month]) -> Chart:
    """Return two bars for each month, as high as its points."""
    highest = max((max(month.earned, month.redeemed) for month in months), default=0)
    step = round_step(highest, _GRID_STEPS)
    floor, slot = HEIGHT - BOTTOM, (WIDTH - LEFT) / max(len(months), 1)
    scale = (floor - TOP) / (step * _GRID_STEPS)

    def bar(x: float, points: int) -> Bar:
        tall = round(points * scale, 1)
        return Bar(round(x, 1), round(floor - tall, 1), round(slot * 0.36, 1), tall)

    bars = tuple(
        MonthBars(
            month.first,
            round(LEFT + slot * (number + 0.5), 1),
            bar(LEFT + slot * (number + 0.12), month.earned),
            bar(LEFT + slot * (number + 0.52), month.redeemed),
        )
        for number, month in enumerate(months)
    )
    lines = tuple((round(floor - step * turn * scale, 1), short_number(step * turn)) for turn in range(_GRID_STEPS + 1))
    return Chart(WIDTH, HEIGHT, LEFT, floor, lines, bars)
