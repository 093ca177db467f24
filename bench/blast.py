"""How quickly a blast leaves, end to end, at 50 ms provider latency; beside one Celery task per message in the same run.

python -m bench.blast [--targets 20000] [--peer-targets 1000] [--runs 3]
"""

import argparse
import itertools
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

LATENCY_MS = 50


def make_campaign(targets: int) -> tuple[Any, Any]:
    """Return a business of its own and its running campaign with that many people."""
    from django.db import connection
    from django_tenants.utils import tenant_context

    from campaigns.services import create_port_recovery_campaign, release_quiet_hours, start_campaign
    from customers.models import Customer
    from messaging.services import ensure_line
    from tenants.services import provision_tenant

    connection.set_schema_to_public()
    schema = f"blast{time.time_ns()}"
    tenant = provision_tenant(schema=schema, name="Blast", domain=f"{schema}.localhost", region="US", owner_email="o@blast.example")
    with tenant_context(tenant):
        ensure_line("+15125550100", messages_per_second=100_000)
        people = (
            Customer(
                name=f"P{n}", phone=f"+1{('512', '737', '210', '830', '361', '956', '254', '903')[n // 900_000]}{2_000_000 + n % 900_000}"
            )
            for n in range(targets)
        )
        while some := list(itertools.islice(people, 5_000)):
            Customer.objects.bulk_create(some)
        campaign = create_port_recovery_campaign(created_by=None, name="blast")
        release_quiet_hours(campaign, actor=None)
        campaign.refresh_from_db()
        start_campaign(campaign, actor=None)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    return tenant, campaign


def _postgres_seconds() -> float:
    """CPU of the server behind our connection: its postmaster's children."""
    import psutil
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        parent = psutil.Process(cursor.fetchone()[0]).parent()
    assert parent is not None
    return sum(sum(child.cpu_times()[:2]) for child in parent.children()) + sum(parent.cpu_times()[2:4])


def _commits() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")  # else what this connection did before counts as part of the blast
        cursor.execute("SELECT pg_stat_clear_snapshot(), xact_commit FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[1]


def measure_drain(targets: int, simulator: Any) -> dict[str, Any]:
    """Send one blast with policy, claims, points, rendering and outcomes, and return its figures."""
    from django_tenants.utils import tenant_context

    from campaigns.selectors import campaign_counts
    from campaigns.services import drain

    tenant, campaign = make_campaign(targets)
    simulator.control("POST", "reset")
    with tenant_context(tenant):
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        database, commits, cpu, began = _postgres_seconds(), _commits(), time.process_time(), time.perf_counter()
        drain(campaign, seconds=3_600)
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        counts = campaign_counts(campaign.pk)
        figures = {
            "messagesPerSecond": round(targets / seconds),
            "workerCpuMsPerMessage": round(cpu / targets * 1000, 3),
            "postgresCpuMsPerMessage": round((_postgres_seconds() - database) / targets * 1000, 3),
            "commits": _commits() - commits,
            "memoryGrowthMb": round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1024, 1),
            "sent": counts.sms.sent,
            "mostToOnePhone": simulator.stats()["most"],
        }
    return figures


def measure_peer(targets: int, simulator: Any, pool: str, concurrency: int) -> dict[str, Any]:
    """Send as many with one Celery task per message, and return the rate."""
    from django_tenants.utils import tenant_context

    from bench.peer import app, send
    from campaigns.models import Target

    tenant, campaign = make_campaign(targets)
    simulator.control("POST", "reset")
    with tenant_context(tenant):
        ids = list(Target.objects.filter(campaign_id=campaign.pk).values_list("pk", flat=True))
    app.control.purge()
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "bench.peer",
        "worker",
        "-P",
        pool,
        "-c",
        str(concurrency),
        "-l",
        "ERROR",
        "-Q",
        "peer",
    ]
    worker = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        send.apply_async((tenant.schema_name, ids[0]), queue="peer")
        while simulator.stats()["texts"] < 1:  # the worker is up
            time.sleep(0.1)
        for target_id in ids[1:]:
            send.apply_async((tenant.schema_name, target_id), queue="peer")
        began, start = time.perf_counter(), simulator.stats()["texts"]
        while simulator.stats()["texts"] < targets:
            time.sleep(0.05)
        return {"pool": pool, "concurrency": concurrency, "messagesPerSecond": round((targets - start) / (time.perf_counter() - began))}
    finally:
        worker.terminate()
        worker.wait(30)


def main() -> int:
    """Run and print JSON."""
    parser = argparse.ArgumentParser(prog="blast")
    parser.add_argument("--targets", type=int, default=20_000)
    parser.add_argument("--peer-targets", type=int, default=1_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    root = Path(__file__).resolve().parent.parent
    sys.path.insert(0, str(root))
    from servicepro.lib.collector import relax_collector
    from tests.support.simulator import SimulatorProcess

    simulator = SimulatorProcess(is_lean=True)
    os.environ.setdefault("SERVICEPRO_STATE_DIR", str(Path(tempfile.gettempdir()) / "servicepro-bench"))
    os.environ.update(DJANGO_SETTINGS_MODULE="servicepro.settings", SIMULATOR_URL=simulator.base_url, LOG_LEVEL="ERROR")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
    simulator.faults(latencyMs=LATENCY_MS, callbacks="off")
    relax_collector()  # as every worker process does
    try:
        runs = [measure_drain(options.targets, simulator) for _run in range(options.runs)]
        peers = [measure_peer(options.peer_targets, simulator, pool, size) for pool, size in (("threads", 32), ("prefork", 8))]
    finally:
        simulator.stop()
    median = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    best = max(peer["messagesPerSecond"] for peer in peers)
    report = {
        "bench": "blast", "machine": {"cpus": os.cpu_count(), "load": os.getloadavg(), "python": platform.python_version()},
        "latencyMs": LATENCY_MS, "targets": options.targets, "median": median, "runs": runs,
        "peer": {"what": "one Celery task per message", "runs": peers},
        "timesThePeer": round(median["messagesPerSecond"] / best, 1),
    }  # fmt: skip
    print(json.dumps(report, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
