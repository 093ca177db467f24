"""How much memory a drain takes, by the size of its audience; each drain in a process of its own.

python -m bench.blast_memory [--targets 1000 --targets 1000000]
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def drain_one(schema: str, campaign_id: int) -> dict[str, Any]:
    """Drain a running campaign to its end and return what this process needed at most."""
    import django

    django.setup()
    from django_tenants.utils import schema_context

    from campaigns.models import Campaign
    from campaigns.services import drain
    from servicepro.lib.collector import relax_collector

    relax_collector()
    with schema_context(schema):
        began = time.perf_counter()
        handled = drain(Campaign.objects.get(pk=campaign_id), seconds=36_000).handled
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"targets": handled, "peakMb": round(peak, 1), "messagesPerSecond": round(handled / (time.perf_counter() - began))}


def _measure(targets: int) -> dict[str, Any]:
    from bench.blast import make_campaign

    tenant, campaign = make_campaign(targets)
    command = [sys.executable, "-m", "bench.blast_memory", "--drain", tenant.schema_name, str(campaign.pk)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def main() -> int:
    """Run and print JSON."""
    parser = argparse.ArgumentParser(prog="blast_memory")
    parser.add_argument("--targets", type=int, action="append")
    parser.add_argument("--drain", nargs=2, metavar=("SCHEMA", "CAMPAIGN"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    if options.drain:
        print(json.dumps(drain_one(options.drain[0], int(options.drain[1]))))
        return 0
    from tests.support.simulator import SimulatorProcess

    simulator = SimulatorProcess(is_lean=True)
    os.environ.setdefault("SERVICEPRO_STATE_DIR", str(Path(tempfile.gettempdir()) / "servicepro-bench"))
    os.environ.update(DJANGO_SETTINGS_MODULE="servicepro.settings", SIMULATOR_URL=simulator.base_url, LOG_LEVEL="ERROR")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
    simulator.faults(callbacks="off")
    try:
        runs = [_measure(targets) for targets in options.targets or [1_000, 1_000_000]]
    finally:
        simulator.stop()
    print(json.dumps({"bench": "blast_memory", "machine": {"cpus": os.cpu_count(), "python": platform.python_version()}, "runs": runs}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
