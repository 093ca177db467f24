"""The bench that has Lighthouse look at the customer's pages says in one line what it lacks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench import lighthouse

ROOT = Path(__file__).resolve().parents[2]


def test_without_lighthouse_one_line_says_how_to_get_it():
    command = [sys.executable, "-m", "bench.lighthouse"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"PATH": "/nowhere"}, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (os.EX_UNAVAILABLE, "") and done.stderr.count("\n") == 1
    assert "npm install -g lighthouse" in done.stderr and "--lighthouse PATH" in done.stderr


def test_without_chromium_one_line_says_how_to_get_it(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert lighthouse.missing("/usr/bin/lighthouse") == "Chromium is not here: apt-get install chromium."


def test_an_unknown_page_is_refused_with_the_names_of_the_others():
    command = [sys.executable, "-m", "bench.lighthouse", "--pages", "rewards,moon"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "there is no page moon; choose from offer, sign_in" in done.stderr


def report(performance: float, paint: float) -> dict:
    audits = {audit: {"numericValue": paint, "score": 1} for audit in lighthouse.TIMES.values()}
    audits["color-contrast"] = {"score": performance}
    category = {"score": performance, "auditRefs": [{"id": "color-contrast", "weight": 7}, {"id": "total-byte-weight", "weight": 0}]}
    return {"categories": {"performance": category}, "audits": audits}


@pytest.mark.parametrize(("scores", "lowest", "short"), [((1.0, 0.94), 94, []), ((0.5, 1.0), 50, ["color-contrast"])])
def test_the_lowest_score_of_several_runs_counts_and_what_falls_short_is_named(scores, lowest, short):
    found = lighthouse.summed_up([report(score, 900.0) for score in scores])
    assert (found["performance"], found["largest_paint_ms"], found["falls_short"]) == (lowest, 900.0, short)
