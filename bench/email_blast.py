"""How quickly emails leave, whole drain, at 50 ms provider latency; in the same run beside one-by-one sending and a queue in the database.

python -m bench.email_blast [--targets 20000] [--runs 3] [--one-by-one 100] [--queued 4000]

They take turns, so that whatever else the machine does meets all of them.
"""

import argparse
import itertools
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

LATENCY_MS = 50
QUEUES = ("as it comes", "tuned")
ROOT = Path(__file__).resolve().parent.parent
WORDS = "there are free places next week. " * 20


def make_campaign(targets: int) -> tuple[Any, Any]:
    """Return a business of its own and its running email campaign to that many people who agreed to it."""
    from django.db import connection
    from django.utils import timezone
    from django_tenants.utils import tenant_context

    from campaigns.models import Campaign, Target
    from customers.models import Customer
    from tenants.services import provision_tenant

    connection.set_schema_to_public()
    schema = f"emails{time.time_ns()}"
    tenant = provision_tenant(schema=schema, name="Blast", domain=f"{schema}.localhost", region="US", owner_email="o@blast.example")
    with tenant_context(tenant):
        people = (Customer(name=f"{_word(n)} Person", email=f"p{n}@example.com", gdpr_marketing_consent=True) for n in range(targets))
        campaign = Campaign.objects.create(
            kind="messaging", name="emails", key=f"messaging-{schema}", consent_policy="required", status=Campaign.Status.RUNNING,
            started_at=timezone.now(), watched_from=timezone.now(), email_enabled=True, sms_enabled=False,
            email_subject="A word from {{business_name}}, {{first_name|friend}}", email_text=f"Hi {{{{first_name|there}}}},\n\n{WORDS}{{{{booking_link}}}}",
            email_html=f"<p>Hi {{{{first_name|there}}}},</p><p>{WORDS}<a href='{{{{booking_link}}}}'>Book</a></p>",
        )  # fmt: skip
        while some := list(itertools.islice(people, 5_000)):
            Target.objects.bulk_create(
                Target(
                    campaign=campaign,
                    customer=person,
                    name=person.name,
                    email=person.email,
                    sms_status="skipped",
                    sms_reason="channel_not_chosen",
                )
                for person in Customer.objects.bulk_create(some)
            )
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    return tenant, campaign


def _word(number: int) -> str:
    """Return a name like people's: letters alone, another one for everybody."""
    letters = ""
    while number or not letters:
        number, letter = divmod(number, 26)
        letters += chr(97 + letter)
    return f"Ann{letters}"


def measure_drain(targets: int, simulator: Any) -> dict[str, Any]:
    """Send one campaign with policy, claims, rendering and outcomes, and return its figures."""
    from django_tenants.utils import tenant_context

    from bench.blast import _commits, _postgres_seconds
    from campaigns.selectors import campaign_counts
    from campaigns.services import drain

    tenant, campaign = make_campaign(targets)
    simulator.control("POST", "reset")
    with tenant_context(tenant):
        database, commits, cpu, began = _postgres_seconds(), _commits(), time.process_time(), time.perf_counter()
        drain(campaign, seconds=3_600)
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        stats = simulator.stats()
        return {
            "emailsPerSecond": round(targets / seconds),
            "workerCpuMsPerEmail": round(cpu / targets * 1000, 3),
            "postgresCpuMsPerEmail": round((_postgres_seconds() - database) / targets * 1000, 3),
            "commits": _commits() - commits,
            "sent": campaign_counts(campaign.pk).email.sent,
            "taken": stats["texts"],
            "mostToOneAddress": stats["most"],
        }


def measure_one_by_one(emails: int, simulator: Any) -> dict[str, Any]:
    """Send through django-anymail on one connection that stays open, one email after the other, and write what became of each."""
    import warnings

    from django.core.mail import EmailMultiAlternatives
    from django_tenants.utils import tenant_context

    warnings.simplefilter("ignore")
    from anymail.backends.sendgrid import EmailBackend

    from campaigns.models import Target

    tenant, campaign = make_campaign(emails)
    simulator.control("POST", "reset")
    with tenant_context(tenant), EmailBackend(api_key="SG.simulator", api_url=f"{simulator.base_url}/sendgrid/v3/") as backend:
        ids = list(Target.objects.filter(campaign_id=campaign.pk).values_list("pk", flat=True))
        began = time.perf_counter()
        for pk in ids:
            target = Target.objects.get(pk=pk)
            text, page = f"Hi {target.name},\n\n{WORDS}", f"<p>Hi {target.name},</p><p>{WORDS}</p>"
            email = EmailMultiAlternatives("A word from us", text, "us@shop.example", [target.email or ""], connection=backend)
            email.attach_alternative(page, "text/html")
            email.send()
            Target.objects.filter(pk=pk).update(email_status="sent")
        seconds = time.perf_counter() - began
    return {"emails": emails, "taken": simulator.stats()["texts"], "emailsPerSecond": round(emails / seconds, 1)}


def measure_queue(emails: int, setup: str) -> dict[str, Any]:
    """Send through django-post-office into a local SMTP server that does not wait."""
    from django.conf import settings
    from django.db import connection

    connection.set_schema_to_public()
    name = "bench_post_office"
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if not cursor.fetchone():
            cursor.execute(f"CREATE DATABASE {name}")
    sink = subprocess.Popen([sys.executable, "-m", "bench.email_peer.smtp_sink"], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert sink.stdout is not None
    try:
        port = sink.stdout.readline().strip()
        chosen = settings.DATABASES["default"]
        named = {
            **os.environ,
            "BENCH_DATABASE": json.dumps({key: str(chosen[key]) for key in ("USER", "PASSWORD", "HOST", "PORT")} | {"NAME": name}),
        }
        command = [sys.executable, "-m", "bench.email_peer.queue", str(emails), setup, port]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=named, check=True)
    finally:
        sink.terminate()
        taken = sink.stdout.readline().strip()
        sink.wait(10)
    return {**json.loads(done.stdout), "taken": int(taken or 0)}


def _median(runs: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: statistics.median(run[name] for run in runs) for name, value in runs[0].items() if not isinstance(value, str)}


def main() -> int:
    """Run and print JSON."""
    parser = argparse.ArgumentParser(prog="email_blast")
    parser.add_argument("--targets", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--one-by-one", type=int, default=100)
    parser.add_argument("--queued", type=int, default=4_000)
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    from servicepro.lib.collector import relax_collector
    from tests.support.simulator import SimulatorProcess

    simulator = SimulatorProcess(is_lean=True)
    os.environ.setdefault("SERVICEPRO_STATE_DIR", str(Path(tempfile.gettempdir()) / "servicepro-bench"))
    os.environ.update(
        DJANGO_SETTINGS_MODULE="servicepro.settings", SIMULATOR_URL=simulator.base_url, LOG_LEVEL="ERROR", EMAIL_PER_SECOND="100000"
    )
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
    simulator.faults(latencyMs=LATENCY_MS, callbacks="off")
    relax_collector()  # as every worker process does
    runs, one_by_one, queue = [], [], []
    try:
        for _run in range(options.runs):
            runs.append(measure_drain(options.targets, simulator))
            one_by_one += [measure_one_by_one(options.one_by_one, simulator)] if options.one_by_one else []
            queue += [measure_queue(options.queued, setup) for setup in QUEUES] if options.queued else []
    finally:
        simulator.stop()
    report: dict[str, Any] = {
        "bench": "email_blast", "machine": {"cpus": os.cpu_count(), "load": os.getloadavg(), "python": platform.python_version()},
        "latencyMs": LATENCY_MS, "targets": options.targets, "median": _median(runs), "runs": runs,
    }  # fmt: skip
    rate = report["median"]["emailsPerSecond"]
    if one_by_one:
        report["oneByOne"] = {"what": "django-anymail's SendGrid backend", "median": _median(one_by_one), "runs": one_by_one}
        report["timesOneByOne"] = round(rate / report["oneByOne"]["median"]["emailsPerSecond"], 1)
    if queue:
        medians = {setup: _median([run for run in queue if run["setup"] == setup]) for setup in QUEUES}
        report["queue"] = {"what": "django-post-office into a local SMTP server without latency", "medians": medians, "runs": queue}
        report["timesTheQueue"] = {setup: round(rate / median["sendingPerSecond"], 1) for setup, median in medians.items()}
    print(json.dumps(report, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
