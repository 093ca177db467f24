"""Take PostgreSQL or Valkey away for a real minute in mid-blast, under the processes of `make run`, then check the laws.

    python -m bench.outages postgres|valkey [--seconds 60] [--targets 600]

Web server, worker and beat run as they do in production: with the addresses of servers they cannot start themselves. Nobody
touches anything after the server is back. Prints JSON; exit code 1 where a law is broken. Everything runs on servers of its own.
"""

import argparse
import json
import os
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.drills import prepare, verdict
from servicepro.devstack.children import Child, start_application, start_simulator, stop_children, wait_for_page
from servicepro.devstack.plan import Plan, isolated_plan
from servicepro.devstack.servers import ensure_running, stop

LOGS = ("web", "worker", "beat")
START_SECONDS_MAX = 60
RECOVERY_SECONDS_MAX = 120  # measured: 10 to 40
SIGNS_OF_LIFE_SECONDS_MAX = 20  # the beat asks for work every 5 seconds


def _wait(until: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not until():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def _take_away(server: str, state_dir: Path) -> None:
    """End every process of a server at once, as a power cut does."""
    import psutil

    pid_file = state_dir / ("postgres/postmaster.pid" if server == "postgres" else "valkey.pid")
    master = psutil.Process(int(pid_file.read_text().split()[0]))
    family = [master, *master.children(recursive=True)]
    for process in family:
        process.kill()
    psutil.wait_procs(family, timeout=10)


def _visit(plan: Plan, schema: str) -> list[int]:
    """Return what the web server answers a customer and an owner at the moment; a 503 without Retry-After is a 500."""
    answers = []
    headers = {"Host": f"{schema}.localhost:{plan.web_port}".replace("_", "-"), "Cookie": f"sessionid={'a' * 32}"}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for path in ("/o/AQ-abc", "/admin/", "/admin/login/"):
        try:
            with opener.open(urllib.request.Request(f"http://127.0.0.1:{plan.web_port}{path}", headers=headers), timeout=20) as answer:
                answers.append(answer.status)
        except urllib.error.HTTPError as error:
            answers.append(500 if error.code == 503 and not error.headers["Retry-After"] else error.code)
    return answers


def _read(plan: Plan, name: str, start: int = 0) -> str:
    return (plan.logs / f"{name}.log").read_bytes()[start:].decode(errors="replace")


def _troubles(text: str) -> dict[str, Any]:
    """Count what a log says beyond daily business: events of level warning and above, lines that belong to no record, traces."""
    events, loose = Counter[str](), 0
    for line in filter(str.strip, text.splitlines()):
        try:
            record = json.loads(line)
        except ValueError:
            loose += 1
            continue
        if record["level"] in ("warning", "error", "critical"):
            events[" ".join(record["event"].split()[:3])] += 1
    return {"events": dict(events), "loose": loose, "traces": text.count("Traceback (most recent call last)")}


def _log_laws(troubles: dict[str, dict[str, Any]], server: str) -> dict[str, bool]:
    """Return what the operator may expect of the logs; the line for each outcome that could not be written is a contract of its own."""
    counts = [
        {event: count for event, count in log["events"].items() if "record_send_status_failed" not in event} for log in troubles.values()
    ]
    away = f"server_away server={'PostgreSQL' if server == 'postgres' else 'Valkey'}"
    return {
        "no trace in any log": not any(log["traces"] or log["loose"] for log in troubles.values()),
        "one clear line in a log, and no other": all(sum(events.values()) <= 1 for events in counts)
        and all(event.startswith(away) for events in counts for event in events),
        "the worker's log says it": any("server_away" in event for event in troubles["worker"]["events"]),
    }


def _outage(server: str, seconds: float, targets: int, plan: Plan, children: list[Child]) -> dict[str, Any]:
    from tests.support.simulator import SimulatorControl

    simulator = SimulatorControl(f"http://127.0.0.1:{plan.simulator_port}")
    simulator.reset()
    tenant, campaign = prepare(targets)
    children += start_application(plan)
    wait_for_page(f"http://127.0.0.1:{plan.web_port}/healthz", children, is_stopping=lambda: False)
    if not _wait(lambda: simulator.stats()["phones"] > targets / 5, START_SECONDS_MAX):
        raise RuntimeError(f"The blast did not begin: read {plan.logs}")
    starts = {name: (plan.logs / f"{name}.log").stat().st_size for name in LOGS}
    _take_away(server, plan.state_dir)
    reached = simulator.stats()["phones"]
    visits = _visit(plan, tenant.schema_name)
    time.sleep(seconds)
    ensure_running(plan.state_dir)
    back = time.monotonic()
    _wait(lambda: _is_completed(tenant, campaign), RECOVERY_SECONDS_MAX)
    recovery = time.monotonic() - back
    seen = (plan.logs / "worker.log").stat().st_size
    is_alive = _wait(lambda: "succeeded" in _read(plan, "worker", seen), SIGNS_OF_LIFE_SECONDS_MAX)
    report = verdict(tenant, campaign, simulator, targets)
    troubles = {name: _troubles(_read(plan, name, starts[name])) for name in LOGS}
    report["laws"] |= _log_laws(troubles, server) | {
        "visitors are told to come back": set(visits) == {503} if server == "postgres" else 500 not in visits,
        "stopped in mid-blast": 0 < reached < targets,
        "every process lived through it": not any(child.is_gone() for child in children),
        "the worker goes on working": is_alive,
    }
    return {
        "server": server,
        "seconds": seconds,
        "reached": reached,
        "visits": visits,
        "recoverySeconds": round(recovery, 1),
        "logs": troubles,
        **report,
    }


def run(server: str, seconds: float, targets: int, state_dir: Path) -> dict[str, Any]:
    """Run one blast with one outage of `seconds` and return the report."""
    servers = ensure_running(state_dir)
    plan = isolated_plan(state_dir)
    plan.environment.update(
        DATABASE_URL=servers.database_url, REDIS_URL=servers.redis_url, RECONCILE_GRACE_SECONDS="5", LOG_JSON="1"
    )  # fmt: skip
    os.environ |= plan.environment
    import django

    django.setup()
    children = [start_simulator(plan)]
    try:
        wait_for_page(f"http://127.0.0.1:{plan.simulator_port}/", children, is_stopping=lambda: False)
        report = _outage(server, seconds, targets, plan, children)
    finally:
        stop_children(children, is_urgent=lambda: False)
        stop(state_dir)
    return report | {"broken": sorted(law for law, holds in report["laws"].items() if not holds)}


def _is_completed(tenant: Any, campaign: Any) -> bool:
    from django.db import connection
    from django_tenants.utils import tenant_context

    connection.close()
    with tenant_context(tenant):
        campaign.refresh_from_db()
    return campaign.status == "completed"


def main() -> int:
    """Parse the command line, run, print."""
    parser = argparse.ArgumentParser(prog="outages")
    parser.add_argument("server", choices=["postgres", "valkey"])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--targets", type=int, default=600)
    options = parser.parse_args()
    state_dir = os.environ.get("SERVICEPRO_STATE_DIR") or f"{tempfile.gettempdir()}/servicepro-outage-{options.server}"
    report = run(options.server, options.seconds, options.targets, Path(state_dir).resolve())
    print(json.dumps(report, indent=2))
    return 1 if report["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
