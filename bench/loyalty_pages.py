"""Time the pages about points over 1,000,000 entries: python bench/loyalty_pages.py [--customers N] [--entries N] [--runs N].

The rows are made in a business of the bench's own that is dropped at the end. A worker keeps what they add up to, as in life; "first" is
the first look after everything that is only in memory was lost. Then a worker moves the kept figures on by 50 entries, and 50 newer
ones are read beside them in every look, at last 2,000 as in the midst of a blast. Prints JSON: machine, versions, medians.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicepro.settings")

import django
import psutil

django.setup()

from django.conf import settings  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, reset_queries  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.test import Client, RequestFactory  # noqa: E402
from django_tenants.utils import schema_context, schema_exists  # noqa: E402

from customers.selectors import Customer  # noqa: E402
from loyalty.insights.figures import refresh_figures  # noqa: E402
from loyalty.selectors import points_history, points_summary  # noqa: E402
from portal.services.sessions import open_session  # noqa: E402
from servicepro.lib.crypto import encrypt_address  # noqa: E402
from tenants.selectors import Tenant, User, current_tenant  # noqa: E402
from tenants.services import provision_tenant  # noqa: E402

SCHEMA, HOST, OWNER = "bench_loyalty", "bench-loyalty.localhost", "owner@bench.example"
LATE_ENTRIES, BLAST_ENTRIES = 50, 2_000  # as many as a worker lets come in, and as many as come in before it looks again in a blast
_CUSTOMERS = """
INSERT INTO customers_customer (name, tags, email, source, opted_out, sms_opt_out, email_opt_out, time_zone, loyalty_points_balance,
                                created_at, updated_at)
SELECT 'Customer ' || i, ARRAY[md5('p' || i), md5('b' || i)],
       'person' || i || '@example.com', 'import', false, false, false, '', 0, now() - interval '2 years', now()
  FROM generate_series(1, %(customers)s) i
"""
# Everybody earns, is thanked, redeems a part, over two years; every tenth entry is a correction by hand. Ids follow time.
_ENTRIES = """
INSERT INTO loyalty_pointstransaction (customer_id, kind, points, reason, metadata, origin, created_at)
SELECT customer_id, kind, CASE kind WHEN 'REDEEM' THEN -150 WHEN 'ADJUST' THEN 25 ELSE 100 + 10 * (customer_id %% 40) END,
       lower(kind), '{}', CASE WHEN kind = 'REDEEM' THEN '' WHEN kind = 'ADJUST' THEN 'manual' WHEN k %% 5 = 1 THEN 'goodwill' ELSE 'earned' END, created_at
  FROM (SELECT c.id AS customer_id, k, CASE WHEN k %% 5 = 4 THEN 'REDEEM' WHEN k %% 10 = 9 THEN 'ADJUST' ELSE 'EARN' END AS kind,
               now() - interval '730 days' * (1 - (k - 1 + (c.id * 7919 %% 1000) / 1000.0) / %(each)s) AS created_at
          FROM customers_customer c CROSS JOIN generate_series(1, %(each)s) k) AS made
 ORDER BY created_at
"""
_BALANCES = """
UPDATE customers_customer c SET loyalty_points_balance = s.points
  FROM (SELECT customer_id, sum(points) AS points FROM loyalty_pointstransaction GROUP BY 1) s WHERE s.customer_id = c.id
"""
_LATE = """
WITH made AS (
    INSERT INTO loyalty_pointstransaction (customer_id, kind, points, reason, metadata, origin, created_at)
    SELECT id, 'EARN', 10, 'late', '{}', 'earned', now() FROM customers_customer WHERE id %% 41 = 7 ORDER BY id LIMIT %(late)s
    RETURNING customer_id
)
UPDATE customers_customer c SET loyalty_points_balance = loyalty_points_balance + 10 FROM made WHERE made.customer_id = c.id
"""


def fill(customers: int, each: int) -> None:
    """Make the rows, and whole phones for those who have most."""
    with connection.cursor() as cursor:
        cursor.execute(_CUSTOMERS, {"customers": customers})
        cursor.execute(_ENTRIES, {"each": each})
        cursor.execute(_BALANCES)
        cursor.execute("SELECT id FROM customers_customer ORDER BY loyalty_points_balance DESC, id LIMIT 100")
        for (customer,) in cursor.fetchall():
            phone = encrypt_address(SCHEMA, "phone", f"+1512555{customer % 10000:04d}")
            cursor.execute("UPDATE customers_customer SET phone = %s WHERE id = %s", [phone, customer])
        for table in ("customers_customer", "loyalty_pointstransaction"):
            cursor.execute(f"VACUUM ANALYZE {table}")


def late(entries: int = LATE_ENTRIES) -> None:
    """Add entries after the figures were kept, each somebody else's."""
    with connection.cursor() as cursor:
        cursor.execute(_LATE, {"late": entries})


def keep_figures() -> None:
    """Do what the worker does, until it is done: it waits while others write."""
    for _turn in range(100):
        refresh_figures(current_tenant().time_zone, late_min=0)
        if not _newer():
            return
    raise RuntimeError("others keep writing to this database")


def _newer() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT max(id) FROM loyalty_pointstransaction) > coalesce((SELECT through FROM loyalty_ledgerfigures), 0)")
        return bool(cursor.fetchone()[0])


def cpu_seconds() -> float:
    """Return the CPU that this process and its database server process have used; a busy machine does not stretch it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = psutil.Process(cursor.fetchone()[0]).cpu_times()
    return time.process_time() + server.user + server.system


def timed(act: Callable[[], Any], runs: int) -> dict[str, float]:
    """Return the milliseconds of many runs after one that warms up, the CPU of one, and how many queries it makes."""
    act()
    found, used = [], cpu_seconds()
    for _run in range(runs):
        begun = time.perf_counter()
        act()
        found.append((time.perf_counter() - begun) * 1000)
    cpu = (cpu_seconds() - used) * 1000 / runs
    connection.force_debug_cursor = True
    reset_queries()
    act()
    queries = len(connection.queries)
    connection.force_debug_cursor = False
    ordered = sorted(found)
    return {
        "median_ms": round(statistics.median(found), 1),
        "p95_ms": round(ordered[int(runs * 0.95)], 1),
        "cpu_ms": round(cpu, 1),
        "queries": queries,
    }


def _open(client: Client, path: str) -> None:
    answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")


def _signed_in(customer_id: int) -> Client:
    """Return the browser of a customer who is signed in."""
    client, response = Client(HTTP_HOST=HOST), HttpResponse()
    open_session(RequestFactory().get("/portal/sign-in"), response, Customer.objects.get(pk=customer_id))
    client.cookies = response.cookies
    return client


def measure(runs: int) -> dict[str, Any]:
    """Time the first look, and everything after it."""
    client = Client(HTTP_HOST=HOST)
    client.force_login(User.objects.get(email=OWNER))
    open_page = partial(_open, client)
    client.get("/admin/")
    with schema_context(SCHEMA):
        begun = time.perf_counter()
        keep_figures()
        kept = (time.perf_counter() - begun) * 1000
    cache.clear()  # a restart: whatever is only in memory is gone
    begun = time.perf_counter()
    open_page("/admin/loyalty-insights/")
    first = (time.perf_counter() - begun) * 1000
    with schema_context(SCHEMA):
        late()
        begun = time.perf_counter()
        keep_figures()
        moved = (time.perf_counter() - begun) * 1000
        late()
        with connection.cursor() as cursor:
            cursor.execute("SELECT customer_id FROM loyalty_pointstransaction GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1")
            customer = cursor.fetchone()[0]
        own_page = partial(_open, _signed_in(customer))
        rewards = timed(lambda: (points_summary(customer), points_history(customer, 1, 20)), runs)
    found = {
        "worker_adds_up_ms": round(kept),
        "worker_moves_on_ms": round(moved),
        "insights_first_ms": round(first),
        "insights_page": timed(lambda: open_page("/admin/loyalty-insights/"), runs),
        "summary_api": timed(lambda: open_page("/api/admin/loyalty/summary"), runs),
        "customer_points_page": timed(lambda: open_page(f"/admin/loyalty-insights/customers/{customer}/"), runs),
        "rewards_page": timed(lambda: own_page("/portal/rewards"), runs),
        "rewards_last_page": timed(lambda: own_page("/portal/rewards?page=999999"), runs),
        "rewards_summary_api": timed(lambda: own_page("/api/portal/loyalty/summary"), runs),
        "rewards_selectors": rewards,
    }
    with schema_context(SCHEMA):
        late(BLAST_ENTRIES)
    return found | {"insights_page_in_a_blast": timed(lambda: open_page("/admin/loyalty-insights/"), runs)}


def _drop() -> None:
    with schema_context("public"):
        Tenant.objects.filter(schema_name=SCHEMA).delete()
        with connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=40)
    options = parser.parse_args()
    settings.DEBUG, settings.ALLOWED_HOSTS, settings.API_REQUESTS_PER_MINUTE = False, ["*"], 100_000
    call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
    connection.set_schema_to_public()  # type: ignore[attr-defined]
    if schema_exists(SCHEMA):
        _drop()
    provision_tenant(schema=SCHEMA, name="Bench", domain=HOST, region="US", owner_email=OWNER, owner_password="a-long-password")
    try:
        with schema_context(SCHEMA):
            fill(options.customers, options.entries // options.customers)
            with connection.cursor() as cursor:
                cursor.execute("SHOW server_version")
                server = cursor.fetchone()[0]
        with schema_context(SCHEMA):
            found = measure(options.runs)
    finally:
        _drop()
    machine = {"cpus": os.cpu_count(), "processor": platform.machine(), "system": platform.platform(), "load": os.getloadavg()[0]}
    versions = {"python": platform.python_version(), "django": django.__version__, "postgresql": server}
    sizes = {"customers": options.customers, "entries": options.entries, "late_entries": LATE_ENTRIES, "runs": options.runs}
    print(json.dumps({"bench": "loyalty_pages", "machine": machine, "versions": versions, **sizes, **found}, indent=2))


if __name__ == "__main__":
    main()
