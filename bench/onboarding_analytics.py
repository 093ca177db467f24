"""Time the onboarding analytics over 100,000 people: python -m bench.onboarding_analytics [--people N] [--runs N].

The rows are made in a business of the bench's own that is dropped at the end: everybody came with a list, four in five were invited by
one of five campaigns, a quarter registered, one in ten booked, one in twenty used an offer. Prints JSON: machine, versions, medians.
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicepro.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, reset_queries  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402
from django_tenants.utils import schema_context, schema_exists  # noqa: E402

from bookings.models import Place  # noqa: E402
from campaigns.models import Campaign  # noqa: E402
from customers.models import ImportBatch  # noqa: E402
from loyalty.models import WelcomeOffer  # noqa: E402
from onboarding.analytics.report import Period, campaign_comparison, onboarding_analytics  # noqa: E402
from tenants.selectors import Tenant, User  # noqa: E402
from tenants.services import provision_tenant  # noqa: E402

SCHEMA, HOST, OWNER = "bench_onboarding", "bench-onboarding.localhost", "owner@bench.example"
_ROWS = (
    """
INSERT INTO customers_customer (name, source, opted_out, sms_opt_out, email_opt_out, time_zone, loyalty_points_balance, import_batch_id,
    created_at, updated_at, registered_at)
SELECT 'Customer ' || i, 'import', false, false, false, '', 0, (SELECT id FROM customers_importbatch),
       now() - interval '360 days' * (i::float / %(people)s) - interval '20 days', now(),
       CASE WHEN i %% 4 = 0 THEN now() - interval '360 days' * (i::float / %(people)s) END
  FROM generate_series(1, %(people)s) i
""",
    """
INSERT INTO campaigns_target (campaign_id, customer_id, name, opted_out, phone_channel, sms_status, sms_reason, sms_attempt_id, sms_sid,
    email_status, email_reason, points_granted, points_reason, error_message, facts, summary_logged, had_turn, created_at, updated_at)
SELECT (SELECT min(id) FROM campaigns_campaign) + c.id %% 5, c.id, '', false, CASE WHEN c.id %% 2 = 0 THEN 'sms' ELSE 'whatsapp' END, 'sent', '',
       gen_random_uuid(), '', 'skipped', '', 0, '', '', '{}', false, false, now(), now()
  FROM customers_customer c WHERE c.id %% 5 > 0
""",
    *(
        f"""
INSERT INTO public.{table} (tenant_id, campaign_key, phone, {ok}, attempted_at, attempt_id, state, provider_status)
SELECT %(schema)s, 'bench', 'tag-' || t.id, true, c.created_at + interval '1 day', t.sms_attempt_id, 'sent',
       CASE WHEN t.id %% 10 = 0 THEN 'undelivered' ELSE 'delivered' END
  FROM campaigns_target t JOIN customers_customer c ON c.id = t.customer_id WHERE t.phone_channel = '{channel}'
"""
        for channel, table, ok in (("sms", "port_recovery_sms_sends", "sms_ok"), ("whatsapp", "whatsapp_sends", "message_ok"))
    ),
    """
INSERT INTO bookings_booking (public_id, customer_id, place_id, starts_at, ends_at, seat, status, contact_name, currency, total_minor,
    discount_minor, points_used, point_value_minor, offer_name, offer_code, offer_discount_minor, due_minor, idempotency_key, request_digest,
    sequence, created_at, cancelled_by)
SELECT gen_random_uuid(), id, (SELECT max(id) FROM bookings_place), now() + interval '1 hour' * id, now() + interval '1 hour' * (id + 1), 1,
       'confirmed', '', 'USD', 1000, 0, 0, 0, '', '', 0, 1000, 'b' || id, 'x', 0, registered_at + interval '2 days', ''
  FROM customers_customer WHERE registered_at IS NOT NULL AND id %% 10 < 4
""",
    """
INSERT INTO loyalty_offercode (offer_id, customer_id, code, issued_at, claimed_at, expires_at)
SELECT (SELECT max(id) FROM loyalty_welcomeoffer), id, 'C' || id, now(), now(), now() + interval '30 days'
  FROM customers_customer WHERE registered_at IS NOT NULL
""",
    """
INSERT INTO loyalty_offeruse (code_id, use_number, usage_limit, source_key, total_minor, discount_minor, redeemed_at)
SELECT id, 1, 1, 'booking:' || id, 1000, 500, now() FROM loyalty_offercode WHERE id %% 5 = 0
""",
    "ANALYZE customers_customer, campaigns_target, bookings_booking, loyalty_offercode, loyalty_offeruse",
    "ANALYZE public.port_recovery_sms_sends, public.whatsapp_sends",
)


def fill(people: int) -> None:
    """Make the rows: the few with the models, the many in SQL."""
    now = timezone.now()
    ImportBatch.objects.create(file_name="a.csv", file_digest="x", file_format="csv", status="completed")
    offer = WelcomeOffer.objects.create(name="First visit", discount_type="fixed", discount_value=500)
    for number in range(5):
        started = now - datetime.timedelta(days=number)
        Campaign.objects.create(key=f"bench-{number}", kind="invitation", name=f"Invitation {number}", status="completed", channel="both",
                                offer=offer, started_at=started)  # fmt: skip
    Place.objects.create(name="Here", time_zone="America/Chicago")
    with connection.cursor() as cursor:
        for statement in _ROWS:
            cursor.execute(statement, {"people": people, "schema": SCHEMA})


def timed(act: Callable[[], Any], runs: int) -> dict[str, float]:
    """Return the milliseconds of many runs after one that warms up, and how many queries one makes."""
    act()
    found = []
    for _run in range(runs):
        begun = time.perf_counter()
        act()
        found.append((time.perf_counter() - begun) * 1000)
    connection.force_debug_cursor = True
    reset_queries()
    act()
    queries = len(connection.queries)
    connection.force_debug_cursor = False
    return {"median_ms": round(statistics.median(found), 1), "slowest_ms": round(max(found), 1), "queries": queries}


def measure(runs: int) -> dict[str, Any]:
    """Time both blocks, the page and the workbook."""
    client = Client(HTTP_HOST=HOST)
    with schema_context(SCHEMA):
        client.force_login(User.objects.get(email=OWNER), backend="django.contrib.auth.backends.ModelBackend")
        found = {
            "figures": timed(lambda: onboarding_analytics(Period()), runs),
            "campaigns": timed(lambda: campaign_comparison(Period()), runs),
        }
        people = onboarding_analytics(Period())
    page = timed(lambda: client.get("/admin/onboarding-analytics/").content, runs)
    workbook = timed(lambda: client.post("/admin/onboarding-analytics/export.xlsx").getvalue(), runs)
    return {**found, "page": page, "workbook": workbook, "funnel": [stage.people for stage in people.funnel]}


def _drop() -> None:
    with schema_context("public"):
        Tenant.objects.filter(schema_name=SCHEMA).delete()
        with connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
            for table in ("port_recovery_sms_sends", "whatsapp_sends"):
                cursor.execute(f"DELETE FROM public.{table} WHERE tenant_id = %s", [SCHEMA])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    settings.DEBUG, settings.ALLOWED_HOSTS = False, ["*"]
    call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
    connection.set_schema_to_public()  # type: ignore[attr-defined]
    if schema_exists(SCHEMA):
        _drop()
    provision_tenant(schema=SCHEMA, name="Bench", domain=HOST, region="US", owner_email=OWNER, owner_password="a-long-password")
    try:
        with schema_context(SCHEMA), connection.cursor() as cursor:
            fill(options.people)
            cursor.execute("SHOW server_version")
            server = cursor.fetchone()[0]
        found = measure(options.runs)
    finally:
        _drop()
    machine = {"cpus": os.cpu_count(), "processor": platform.machine(), "system": platform.platform(), "load": os.getloadavg()[0]}
    versions = {"python": platform.python_version(), "django": django.__version__, "postgresql": server}
    report = {"bench": "onboarding_analytics", "machine": machine, "versions": versions, "people": options.people, "runs": options.runs}
    print(json.dumps({**report, **found}, indent=2))


if __name__ == "__main__":
    main()
