"""Time choosing among 100,000 customers: python bench/audience.py [--customers N] [--runs N].

Customers with two appointments each at four places are made in a business of the bench's own that is dropped at the end; one in fifty has
a second record. Everything an owner does while choosing is timed at the selectors that answer it, then the making of the list and the
summary before sending. Prints JSON: machine, versions, medians, and the CPU of this process and its database server.
"""

import argparse
import datetime
import json
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicepro.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django_tenants.utils import schema_context, schema_exists  # noqa: E402

from bench.loyalty_pages import timed  # noqa: E402
from campaigns.choosing import count_reach, count_selected, customer_in, list_customers, tags_of_customers, write_messaging_targets  # noqa: E402
from campaigns.models import Campaign  # noqa: E402
from campaigns.types import EVERYBODY, CustomerFilter, Selection  # noqa: E402
from servicepro.lib.crypto import encrypt_address  # noqa: E402
from tenants.selectors import Tenant  # noqa: E402
from tenants.services import provision_tenant  # noqa: E402

SCHEMA, HOST = "bench_audience", "bench-audience.localhost"
PLACES = 4
FIRST = ("Ana", "Ben", "Priya", "Jörg", "María", "Tom", "Sofia", "Liam", "Emma", "Noah")
LAST = ("Silva", "Müller", "Sharma", "Smith", "García", "Jones", "Brown", "Lee", "Khan", "Patel")
_CUSTOMERS = """
COPY customers_customer (name, phone, email, whatsapp_consent, opted_out, sms_opt_out, email_opt_out, gdpr_marketing_consent, source, time_zone,
                         loyalty_points_balance, tags, created_at, updated_at) FROM STDIN
"""
_PLACES = """
INSERT INTO bookings_place (name, address, time_zone, capacity, slot_minutes, lead_minutes, horizon_days, is_active)
SELECT 'Place ' || i, '', 'America/Chicago', 200, 30, 0, 60, true FROM generate_series(1, %(places)s) i
"""
# Everybody came twice in two years, to two of the places; one appointment in ten was cancelled.
_BOOKINGS = """
INSERT INTO bookings_booking (public_id, customer_id, place_id, starts_at, ends_at, seat, status, contact_name, contact_phone, contact_email,
    currency, total_minor, discount_minor, points_used, point_value_minor, offer_name, offer_code, offer_discount_minor, due_minor,
    idempotency_key, request_digest, sequence, created_at, cancelled_at, cancelled_by)
SELECT gen_random_uuid(), id, place, at, at + interval '15 minutes', id %% 200 + 1, CASE WHEN gone THEN 'cancelled' ELSE 'completed' END,
       name, phone, email, 'USD', price, 0, 0, 0, '', '', 0, price, id || '-' || k, repeat('d', 64), 0, at, CASE WHEN gone THEN at END, ''
  FROM (SELECT c.*, k, (SELECT min(id) FROM bookings_place) + (c.id + k) %% %(places)s AS place, 2000 + 100 * (c.id %% 90) AS price,
               (2 * c.id + k) %% 10 = 0 AS gone,
               now() - interval '2 years' + c.id / 200 * interval '1 hour' + k * interval '20 minutes' AS at
          FROM customers_customer c CROSS JOIN generate_series(1, 2) k) AS made
"""
_SECOND_RECORDS = "UPDATE customers_customer SET same_person_as_id = id - 1 WHERE id %% 50 = 0"


def fill(customers: int) -> None:
    """Make places, customers and what they booked."""
    with connection.cursor() as cursor:
        with cursor.copy(_CUSTOMERS) as copy:
            for n in range(customers):
                copy.write_row(_customer(n))
        cursor.execute(_PLACES, {"places": PLACES})
        cursor.execute(_BOOKINGS, {"places": PLACES})
        cursor.execute(_SECOND_RECORDS, {})
        for table in ("customers_customer", "bookings_booking"):
            cursor.execute(f"VACUUM ANALYZE {table}")


def _customer(n: int) -> tuple[object, ...]:
    """Return a row: most agreed to marketing, some never said or said no, a tenth has no phone and a seventh no email."""
    consent = {0: False, 1: None}.get(n % 20, True)
    phone = encrypt_address(SCHEMA, "phone", f"+1512{n:07d}") if n % 10 else None
    email = f"person{n}@example.com" if n % 7 else None
    tags = [tag for tag, every in (("vip", 9), ("colour", 4)) if n % every == 0]
    name, made = f"{FIRST[n % 10]} {LAST[n // 10 % 10]}", datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    return (name, phone, email, n % 3 == 0 or None, n % 50 == 0, False, n % 33 == 0, consent, "import", "", 0, tags, made, made)


def looks(places: tuple[int, ...]) -> dict[str, Callable[[], Any]]:
    """Return what an owner asks while choosing, by name."""
    everybody = Selection(places).mark(EVERYBODY, is_added=True)
    filters = {
        "search": CustomerFilter(search="silva"),
        "search_beyond_ascii": CustomerFilter(search="MÜLLER"),
        "has_email": CustomerFilter(has_email=True),
        "has_phone": CustomerFilter(has_phone=True),
        "has_whatsapp_consent": CustomerFilter(has_whatsapp_consent=True),
        "last_booking": CustomerFilter(last_booking_before=datetime.datetime.now(datetime.UTC).date() - datetime.timedelta(days=700)),
        "bookings": CustomerFilter(bookings_min=2),
        "spent": CustomerFilter(spent_min_minor=8_000, spent_max_minor=12_000),
        "tags": CustomerFilter(tags=("vip", "colour")),
    }
    every_one = CustomerFilter(search="a", has_email=True, has_phone=True, bookings_min=2, spent_min_minor=6_000, tags=("vip",))
    ticked = everybody.mark(filters["search"], is_added=False).mark(filters["has_email"], is_added=True)
    ticked = ticked.mark_people(range(1, 2_001), is_added=False)
    asked: dict[str, Callable[[], Any]] = {
        "list": lambda: list_customers(everybody, EVERYBODY),
        "list_last_page": lambda: list_customers(everybody, EVERYBODY, page=1_000_000),
        "list_one_place": lambda: list_customers(Selection(places[:1], everybody.steps), EVERYBODY),
        "list_all_filters": lambda: list_customers(everybody, every_one),
        "list_ticked_by_hand": lambda: list_customers(ticked, filters["search"]),
        "count": lambda: count_selected(everybody),
        "count_ticked_by_hand": lambda: count_selected(ticked),
        "one_customer": lambda: customer_in(everybody, 90_001),
        "tags": lambda: tags_of_customers(places),
    }
    for name, matching in filters.items():
        asked[f"list_{name}"] = lambda matching=matching: list_customers(everybody, matching)  # type: ignore[misc]
        asked[f"count_{name}"] = lambda matching=matching: count_selected(Selection(places).mark(matching, is_added=True))  # type: ignore[misc]
    return asked


def measure(runs: int) -> dict[str, Any]:
    """Time every look, and then the list and the summary."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT array_agg(id ORDER BY id) FROM bookings_place")
        places = tuple(cursor.fetchone()[0])
    found: dict[str, Any] = {name: timed(ask, runs) for name, ask in looks(places).items()}
    audience = Selection(places).mark(EVERYBODY, is_added=True).as_json()
    campaign = Campaign.objects.create(key="bench", kind="messaging", name="Bench", channel="whatsapp", audience=audience)
    found["people"] = count_selected(campaign)
    found["summary_before_sending"] = timed(lambda: count_reach(campaign), 2)
    settings.WHATSAPP_MARKETING_TO_US = False
    found["summary_where_whatsapp_reaches_no_americans"] = timed(lambda: count_reach(campaign), 2)
    found["list_of_people_written"] = timed(transaction.atomic(lambda: write_messaging_targets(campaign)), 2)
    return found


def _drop() -> None:
    with schema_context("public"):
        Tenant.objects.filter(schema_name=SCHEMA).delete()
        with connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=20)
    options = parser.parse_args()
    settings.DEBUG = False
    call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
    connection.set_schema_to_public()  # type: ignore[attr-defined]
    if schema_exists(SCHEMA):
        _drop()
    provision_tenant(
        schema=SCHEMA, name="Bench", domain=HOST, region="US", owner_email="owner@bench.example", owner_password="a-long-password"
    )
    try:
        with schema_context(SCHEMA):
            fill(options.customers)
            with connection.cursor() as cursor:
                cursor.execute("SHOW server_version")
                server = cursor.fetchone()[0]
            found = measure(options.runs)
    finally:
        _drop()
    machine = {"cpus": os.cpu_count(), "processor": platform.machine(), "system": platform.platform(), "load": os.getloadavg()[0]}
    versions = {"python": platform.python_version(), "django": django.__version__, "postgresql": server}
    print(json.dumps({"bench": "audience", "machine": machine, "versions": versions, "customers": options.customers, **found}, indent=2))


if __name__ == "__main__":
    main()
