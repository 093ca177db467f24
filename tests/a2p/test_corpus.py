"""How much of what reviewers refuse is found, and how much of what they let through is left alone; see tests/a2p/corpus/README.md.

`pytest -s tests/a2p/test_corpus.py` prints the figures, code by code, and what was missed in the half that may be read.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from a2p.linting import lint, may_be_submitted
from a2p.rejections import REJECTIONS
from a2p.types import BrandFacts, CampaignFacts, Finding, Severity

CORPUS = Path(__file__).parent / "corpus"
HALVES = ("development", "held_out")
Place = tuple[str, int]


@dataclass(frozen=True)
class Submission:
    """One registration and what a reviewer says of it; each expected thing is the set of places any of which names it."""

    name: str
    brand: BrandFacts
    campaign: CampaignFacts
    expected: tuple[tuple[Place, ...], ...] = ()
    arguable: frozenset[Place] = frozenset()


@dataclass
class Tally:
    """The figures of one half, code by code: labels found and missed, findings right and wrong."""

    found: Counter[int] = field(default_factory=Counter)
    missed: Counter[int] = field(default_factory=Counter)
    right: Counter[int] = field(default_factory=Counter)
    wrong: Counter[int] = field(default_factory=Counter)
    sure_right: int = 0  # of the findings that block
    sure_wrong: int = 0
    remarks: list[str] = field(default_factory=list)
    blocked: int = 0  # good submissions that would be held back
    warned: int = 0  # good submissions with a warning
    passed: int = 0  # bad submissions with nothing that blocks

    @property
    def recall(self) -> float:
        return _share(self.found.total(), self.missed.total())

    @property
    def precision(self) -> float:
        return _share(self.right.total(), self.wrong.total())

    @property
    def sure_precision(self) -> float:
        return _share(self.sure_right, self.sure_wrong)


def _share(good: int, bad: int) -> float:
    return good / (good + bad) if good + bad else 1.0


def _facts(kind: type[Any], written: dict[str, Any]) -> Any:
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in written.items()})


def _read(path: Path) -> Submission:
    written = json.loads(path.read_text())
    expected = tuple(
        ((label["field"], label["code"]), *((name, code) for name, code in label.get("or", []))) for label in written.get("expected", [])
    )
    arguable = frozenset((name, code) for name, code in written.get("arguable", []))
    return Submission(path.stem, _facts(BrandFacts, written["brand"]), _facts(CampaignFacts, written["campaign"]), expected, arguable)


@cache
def submissions(kind: str, half: str) -> tuple[Submission, ...]:
    """Return the good or bad submissions of one half."""
    return tuple(_read(path) for path in sorted((CORPUS / kind / half).glob("*.json")))


@cache
def measure(half: str) -> Tally:
    """Return how the linter does on one half."""
    tally = Tally()
    for good in submissions("good", half):
        findings = lint(good.brand, good.campaign)
        blocking = {(each.field, each.code): each for each in findings if each.severity is Severity.BLOCKS}
        tally.wrong.update(code for _field, code in blocking)
        tally.sure_wrong += len(blocking)
        tally.blocked += bool(blocking)
        tally.warned += len(blocking) < len({(each.field, each.code) for each in findings})
        tally.remarks += [_remark("good", good, each) for each in findings]
    for bad in submissions("bad", half):
        findings = lint(bad.brand, bad.campaign)
        tally.passed += may_be_submitted(findings)
        _count(tally, bad, _gravest(findings))
    return tally


def _gravest(findings: list[Finding]) -> dict[Place, Finding]:
    ordered = sorted(findings, key=lambda each: each.severity is Severity.BLOCKS)
    return {(each.field, each.code): each for each in ordered}


def _count(tally: Tally, bad: Submission, findings: dict[Place, Finding]) -> None:
    named = {place for label in bad.expected for place in label}
    for label in bad.expected:
        is_found = any(place in findings for place in label)
        (tally.found if is_found else tally.missed)[label[0][1]] += 1
        if not is_found:
            tally.remarks.append(f"missed   {bad.name}: {label[0]}")
    for place, finding in findings.items():
        is_sure = finding.severity is Severity.BLOCKS
        if place in named:
            tally.sure_right += is_sure
            tally.right[place[1]] += 1
        elif place not in bad.arguable:
            tally.sure_wrong += is_sure
            tally.wrong[place[1]] += 1
            tally.remarks.append(_remark("wrong", bad, finding))


def _remark(what: str, submission: Submission, finding: Finding) -> str:
    return f"{what:8} {submission.name}: {finding.field} {finding.code} {finding.severity} {finding.message}"


def _table(half: str) -> Iterator[str]:
    tally = measure(half)
    goods, bads = len(submissions("good", half)), len(submissions("bad", half))
    yield f"{half}: {goods} good, {bads} bad submissions"
    yield f"  precision {tally.precision:.1%} (of what blocks {tally.sure_precision:.1%}), recall {tally.recall:.1%} of {tally.found.total() + tally.missed.total()} labels"
    yield f"  good ones held back {tally.blocked}, good ones warned about {tally.warned}, bad ones let through {tally.passed}"
    yield "  code   labels  recall  findings  precision"
    for code in sorted({*tally.found, *tally.missed, *tally.right, *tally.wrong}):
        labels, findings = tally.found[code] + tally.missed[code], tally.right[code] + tally.wrong[code]
        recall = f"{tally.found[code] / labels:.0%}" if labels else "-"
        precision = f"{tally.right[code] / findings:.0%}" if findings else "-"
        yield f"  {code}  {labels:6}  {recall:>6}  {findings:8}  {precision:>9}"


@pytest.mark.parametrize("half", HALVES)
def test_the_figures_are_printed(half):
    print("\n" + "\n".join(_table(half)))
    if half == "development":
        print("\n".join(f"  {remark}" for remark in measure(half).remarks))


@pytest.mark.parametrize("half", HALVES)
def test_the_corpus_is_large_enough_and_every_label_is_of_a_field_we_have(half):
    names = {each.name for kind in (BrandFacts, CampaignFacts) for each in fields(kind)}
    assert len(submissions("good", half)) >= 20
    assert len(submissions("bad", half)) >= 40
    for bad in submissions("bad", half):
        assert bad.expected, bad.name
        for name, code in (*(place for label in bad.expected for place in label), *bad.arguable):
            assert name in names, bad.name
            assert code in REJECTIONS, (bad.name, code)


# The figures reached, less a little; whoever changes a rule and gets better ones raises these.
RECALL_MIN = {"development": 0.97, "held_out": 0.94}
PRECISION_MIN = {"development": 0.95, "held_out": 0.58}
SURE_PRECISION_MIN = {"development": 0.95, "held_out": 0.89}
HELD_BACK_MAX = {"development": 0, "held_out": 2}  # good submissions with something that blocks
WARNED_MAX = {"development": 8, "held_out": 13}  # good submissions with a warning
LET_THROUGH_MAX = {"development": 5, "held_out": 5}  # bad submissions with nothing that blocks


@pytest.mark.parametrize("half", HALVES)
def test_what_reviewers_refuse_is_found_and_what_they_let_through_is_left_alone(half):
    tally = measure(half)
    assert tally.recall >= RECALL_MIN[half]
    assert tally.precision >= PRECISION_MIN[half]
    assert tally.sure_precision >= SURE_PRECISION_MIN[half]
    assert tally.passed <= LET_THROUGH_MAX[half]
    assert tally.blocked <= HELD_BACK_MAX[half]
    assert tally.warned <= WARNED_MAX[half]
