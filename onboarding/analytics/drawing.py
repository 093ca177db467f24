"""The geometry of the funnel and of its course in time; the page draws them, no script does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from onboarding.analytics.definitions import SERIES
from onboarding.analytics.report import Bucket, Stage
from servicepro.lib.axis import round_step, short_number

WIDTH = 720
FUNNEL_LEFT, FUNNEL_RIGHT, ROW, BAR = 190, 110, 52, 34
_TIME_HEIGHT, _TIME_LEFT, _TIME_TOP, _TIME_BOTTOM, _GRID_STEPS = 300, 76, 16, 40, 4
_NAMES_MAX = 12
_MARKED_MAX = 62


@dataclass(frozen=True, slots=True)
class FunnelBar:
    """A step's bar; the one below begins where it ends, so the sides are drawn as a slope between them."""

    name: str
    people: int
    y: int
    middle: float
    width: float
    label_x: float
    slope: str


@dataclass(frozen=True, slots=True)
class Funnel:
    """A drawing of `width` by `height` units."""

    width: int
    height: int
    left: int
    bars: tuple[FunnelBar, ...]


def draw_funnel(stages: Sequence[Stage]) -> Funnel:
    """Return a bar for each step, as wide as its people are of everybody imported."""
    whole, room = max(stages[0].people, 1), WIDTH - FUNNEL_LEFT - FUNNEL_RIGHT
    wide = [round(room * stage.people / whole, 1) for stage in stages]
    bars = []
    for number, stage in enumerate(stages):
        top = number * ROW + 8
        below = wide[number + 1] if number + 1 < len(stages) else wide[number]
        corners = [(0, top + BAR), (wide[number], top + BAR), (below, top + ROW), (0, top + ROW)]
        slope = " ".join(f"{FUNNEL_LEFT + x:.1f},{y}" for x, y in corners) if number + 1 < len(stages) else ""
        bars.append(FunnelBar(stage.name, stage.people, top, top + BAR / 2, wide[number], FUNNEL_LEFT + wide[number] + 10, slope))
    return Funnel(WIDTH, len(stages) * ROW + 4, FUNNEL_LEFT, tuple(bars))


def describe_funnel(stages: Sequence[Stage]) -> str:
    """Say the funnel in words, for who does not see it."""
    return "; ".join(f"{stage.name} {stage.people:,}" for stage in stages) + "."


@dataclass(frozen=True, slots=True)
class Line:
    """One step's course: its points as SVG has them, and each with its place where there is room for marks."""

    key: str
    name: str
    points: str
    marks: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Course:
    """A drawing with lines at round numbers (y, people) and names below: (x, day, whether a phone has room for it)."""

    width: int
    height: int
    left: int
    floor: int
    grid: tuple[tuple[float, str], ...]
    names: tuple[tuple[float, date, bool], ...]
    lines: tuple[Line, ...]


def draw_course(buckets: Sequence[Bucket]) -> Course:
    """Return a line for each step over days, weeks or months."""
    step = round_step(max((max(bucket.numbers) for bucket in buckets), default=0), _GRID_STEPS)
    floor, slot = _TIME_HEIGHT - _TIME_BOTTOM, (WIDTH - _TIME_LEFT) / max(len(buckets), 1)
    scale = (floor - _TIME_TOP) / (step * _GRID_STEPS)
    across = [_TIME_LEFT + slot * (number + 0.5) for number in range(len(buckets))]
    every = -(-len(buckets) // _NAMES_MAX)
    lines = []
    for column, (key, name) in enumerate(SERIES):
        places = [(f"{x:.1f}", f"{floor - bucket.numbers[column] * scale:.1f}") for x, bucket in zip(across, buckets, strict=True)]
        marks = tuple(places) if len(places) <= _MARKED_MAX else ()
        lines.append(Line(key, name, " ".join(",".join(place) for place in places), marks))
    names = tuple(
        (round(across[number], 1), buckets[number].first, turn % 3 == 0) for turn, number in enumerate(range(0, len(buckets), every or 1))
    )
    grid = tuple((round(floor - step * turn * scale, 1), short_number(step * turn)) for turn in range(_GRID_STEPS + 1))
    return Course(WIDTH, _TIME_HEIGHT, _TIME_LEFT, floor, grid, names, tuple(lines))
