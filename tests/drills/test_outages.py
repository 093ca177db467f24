"""PostgreSQL, and Valkey, are gone for a minute in mid-blast; nobody is lost, nobody is texted twice, and nobody has to do anything."""

import json

import pytest

LAWS = {
    "completed",
    "at most one text per phone",
    "at most one email per mailbox",
    "everyone texted",
    "everyone emailed",
    "totals add up",
    "nothing in doubt",
    "one grant each",
    "ledger sums hold",
    "visitors are told to come back",
    "stopped in mid-blast",
    "no trace in any log",
    "one clear line in a log, and no other",
    "the worker's log says it",
    "every process lived through it",
    "the worker goes on working",
}


@pytest.mark.drill
@pytest.mark.parametrize("server", ["postgres", "valkey"])
def test_a_blast_outlives_a_minute_without(server, outages):
    out, _err = outages[server].communicate(timeout=400)
    assert outages[server].returncode == 0, out
    report = json.loads(out[out.index("{") :])
    assert report["seconds"] == 60
    assert set(report["laws"]) == LAWS and all(report["laws"].values()), report
