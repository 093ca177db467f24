"""Kill workers with SIGKILL in mid-blast, at named and at random points, and the servers under them, then check the laws.

    python -m bench.drills [--kills 200] [--seed 1] [--targets 400]

Prints JSON; exit code 1 and the seed where a law is broken. The simulator misbehaves all the while: 429 bursts, lost answers,
cut connections, garbage. Everything runs on servers of its own.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROUND_SECONDS_MAX = 20
SETTLE_ROUNDS_MAX = 60
MISBEHAVIOUR = {
    "api": "both", "throttle": 0.01, "accept500": 0.05, "acceptReset": 0.05, "garbage": 0.03, "reset": 0.05, "latencyMs": 10,
    "jitterMs": 20, "callbacks": "off",
}  # fmt: skip


def prepare(targets: int) -> tuple[Any, Any]:
    """Create a business with `targets` people and a started campaign; return both."""
    from django.core.management import call_command
    from django_tenants.utils import tenant_context

    from campaigns.services import create_port_recovery_campaign, release_quiet_hours, start_campaign
    from customers.models import Customer
    from messaging.services import ensure_line
    from tenants.models import Tenant
    from tenants.services import provision_tenant

    call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
    schema = f"drill{Tenant.objects.count()}_{int(time.time())}"
    tenant = provision_tenant(
        schema=schema, name="Drill", domain=f"{schema}.localhost".replace("_", "-"), region="US", owner_email="o@drill.example"
    )
    with tenant_context(tenant):
        ensure_line("+15125550100", messages_per_second=60)
        Customer.objects.bulk_create(
            Customer(name=f"P{n}", phone=f"+1512{2_000_000 + n}", email=f"p{n}@{schema}.example") for n in range(targets)
        )
        campaign = create_port_recovery_campaign(created_by=None, name="drill")
        release_quiet_hours(campaign, actor=None)
        campaign.refresh_from_db()
        start_campaign(campaign, actor=None)
    return tenant, campaign


def _one_death(tenant: Any, campaign: Any, dice: random.Random) -> str:
    """Run one worker until it dies by itself, is killed at a random moment, or has nothing to do; return how it ended."""
    is_named = dice.random() < 0.6
    worker = subprocess.Popen(
        [sys.executable, "-m", "bench.drill_worker", tenant.schema_name, str(campaign.pk), str(dice.randrange(2**31)), "0.25" if is_named else "0"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        out, _err = worker.communicate(timeout=ROUND_SECONDS_MAX if is_named else dice.uniform(0.8, 2.2))
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.communicate()
        return "at a random moment"
    return out.strip().removeprefix("died ") if "died" in out else "finished"


def _servers_die(tenant: Any, campaign: Any, dice: random.Random) -> str:
    """Kill PostgreSQL or Valkey itself under a working worker, bring it back a little later; return which it was."""
    from django.conf import settings
    from django.db import connection

    from servicepro.devstack.servers import ensure_running

    worker = subprocess.Popen(
        [sys.executable, "-m", "bench.drill_worker", tenant.schema_name, str(campaign.pk), "1", "0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(dice.uniform(1.5, 2.5))
    name = dice.choice(["postgres", "valkey"])
    pid_file = settings.STATE_DIR / ("postgres/postmaster.pid" if name == "postgres" else "valkey.pid")
    os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)
    time.sleep(2)
    ensure_running(settings.STATE_DIR)
    connection.close()
    worker.wait(ROUND_SECONDS_MAX)
    return f"{name} killed under it"


def _settle(tenant: Any, campaign: Any) -> None:
    """Let the beat's work go on, without kills and faults, until the campaign is completed."""
    import redis
    from django.conf import settings
    from django_tenants.utils import tenant_context

    from campaigns.models import Target
    from campaigns.services import drain
    from messaging.models import Line
    from messaging.services import reconcile_sends

    redis.Redis.from_url(settings.REDIS_URL).flushdb()
    with tenant_context(tenant):
        Line.objects.update(messages_per_second=1000)
        for _round in range(SETTLE_ROUNDS_MAX):
            campaign.refresh_from_db()
            if campaign.status != "running":
                return
            Target.objects.filter(campaign_id=campaign.pk).update(not_before=None)
            time.sleep(1.1)  # the grace period of evidence
            reconcile_sends()
            drain(campaign)


def verdict(tenant: Any, campaign: Any, simulator: Any, targets: int) -> dict[str, Any]:
    """Return which laws hold after a blast, and the simulator's own counts."""
    from django.db.models import Count
    from django_tenants.utils import tenant_context

    from campaigns.selectors import campaign_counts
    from customers.models import Customer
    from loyalty.models import PointsTransaction
    from loyalty.selectors import drifting_balances

    stats = simulator.stats()
    with tenant_context(tenant):
        campaign.refresh_from_db()
        counts = campaign_counts(campaign.pk)
        grants = PointsTransaction.objects.values("customer").annotate(n=Count("id"))
        laws = {
            "completed": campaign.status == "completed",
            "at most one text per phone": stats["mostTextsToOnePhone"] <= 1,
            "at most one email per mailbox": stats["mostEmailsToOneMailbox"] <= 1,
            "everyone texted": stats["phones"] == targets and counts.sms.sent == targets,
            "everyone emailed": stats["mailboxes"] == targets and counts.email.sent == targets,
            "totals add up": counts.sms.adds_up and counts.email.adds_up,
            "nothing in doubt": counts.sms.in_doubt == counts.email.in_doubt == 0,
            "one grant each": all(row["n"] == 1 for row in grants) and len(grants) == targets,
            "ledger sums hold": drifting_balances() == [] and not Customer.objects.exclude(loyalty_points_balance=500).exists(),
        }
    return {"laws": laws, **stats}


def run(kills: int, seed: int, targets: int) -> dict[str, Any]:
    """Kill `kills` workers over as many blasts as it takes, and return the report."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from tests.support.simulator import SimulatorProcess

    simulator = SimulatorProcess(Path(tempfile.mkdtemp()))
    os.environ.update(
        DJANGO_SETTINGS_MODULE="servicepro.settings", SIMULATOR_URL=simulator.base_url, LOG_LEVEL="CRITICAL",
        RECONCILE_GRACE_SECONDS="1", PROVIDER_TIMEOUT_SECONDS="2",
    )  # fmt: skip
    import django

    django.setup()
    dice, ends, verdicts = random.Random(seed), Counter[str](), []
    try:
        while ends.total() - ends["finished"] < kills:
            simulator.reset()
            tenant, campaign = prepare(targets)
            simulator.faults(seed=dice.randrange(2**31), **MISBEHAVIOUR)
            for number in range(targets):
                ends[_servers_die(tenant, campaign, dice) if number == 1 else _one_death(tenant, campaign, dice)] += 1
                if ends.total() - ends["finished"] >= kills or _is_done(tenant, campaign):
                    break
            simulator.faults(callbacks="off")
            _settle(tenant, campaign)
            verdicts.append(verdict(tenant, campaign, simulator, targets))
    finally:
        simulator.stop()
    broken = sorted({law for verdict in verdicts for law, holds in verdict["laws"].items() if not holds})
    return {"seed": seed, "kills": ends.total() - ends["finished"], "byPoint": dict(ends), "blasts": verdicts, "broken": broken}


def _is_done(tenant: Any, campaign: Any) -> bool:
    from django_tenants.utils import tenant_context

    from campaigns.selectors import campaign_counts

    with tenant_context(tenant):
        counts = campaign_counts(campaign.pk)
    return counts.sms.pending == 0


def main() -> int:
    """Parse the command line, run, print."""
    parser = argparse.ArgumentParser(prog="drills")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--targets", type=int, default=400)
    options = parser.parse_args()
    os.environ.setdefault("SERVICEPRO_STATE_DIR", str(Path(tempfile.gettempdir()) / "servicepro-drills"))
    report = run(options.kills, options.seed, options.targets)
    print(json.dumps(report, indent=2))
    return 1 if report["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
