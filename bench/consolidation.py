"""Time consolidation over 1.2 million records: python bench/consolidation.py [--records N] [--runs N].

The rows are made in a scratch schema that is dropped at the end. Prints JSON: machine, versions, medians.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicepro.settings")

import django

django.setup()

from django.db import connection, transaction  # noqa: E402
from django_tenants.utils import schema_context, schema_exists  # noqa: E402

from customers.services import consolidate  # noqa: E402
from tenants.services import refresh_template, replay_template  # noqa: E402

SCHEMA = "bench_consolidation"
TABLES = ("customers_customer", "customers_conversation", "customers_participant")
# Ciphertexts of the true length and shape: tag of 22 characters, key id, 28 bytes in base64. Only the tag is ever compared.
_PHONE = "substr(md5('{n}' || {i}), 1, 22) || '.k1.' || substr(md5({i}::text) || md5('b' || {i}), 1, 38)"


def fill(cursor: Any, records: int) -> None:
    """Make half customers, half participants; every third participant is a customer, every tenth customer shares an email."""
    half = records // 2
    cursor.execute(
        f"""
        INSERT INTO customers_customer (name, phone, email, source, opted_out, sms_opt_out, email_opt_out, time_zone,
                                        loyalty_points_balance, created_at, updated_at)
        SELECT 'Customer ' || i, CASE WHEN i %% 20 <> 0 THEN {_PHONE.format(n="p", i="i")} END,
               CASE WHEN i %% 10 = 0 THEN 'shared' || (i / 30) || '@example.com'
                    WHEN i %% 2 = 0 THEN 'person' || i || '@example.com' END,
               'import', i %% 50 = 0, false, false, '', 0, now(), now()
          FROM generate_series(1, %s) i
        """,
        [half],
    )
    cursor.execute(
        "INSERT INTO customers_conversation (source, external_key, is_group, created_at)"
        " SELECT 'google_voice_import', 'c' || i, false, now() FROM generate_series(1, %s) i",
        [half],
    )
    person = f"(CASE WHEN i %% 3 = 0 THEN i ELSE i + {records} END)"
    cursor.execute(
        f"INSERT INTO customers_participant (conversation_id, name, phone) SELECT c.id, 'Person ' || i,"
        f" {_PHONE.format(n='p', i=person)} FROM generate_series(1, %s) i"
        " JOIN customers_conversation c ON c.external_key = 'c' || i",
        [half],
    )
    for table in TABLES:
        cursor.execute(f"ANALYZE {table}")


def timed(write: bool) -> tuple[float, Any]:
    """Return the seconds of one consolidation, rolled back afterwards, and its counts."""
    with transaction.atomic():
        started = time.perf_counter()
        counts = consolidate(own_tags=["own-number"], write=write)
        seconds = time.perf_counter() - started
        transaction.set_rollback(True)
    return seconds, counts


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=1_200_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with schema_context("public"):
        refresh_template()  # in its own step: migrating closes the connection
    with schema_context("public"), connection.cursor() as cursor:
        if schema_exists(SCHEMA):
            cursor.execute(f"DROP SCHEMA {SCHEMA} CASCADE")
        replay_template(SCHEMA)
    try:
        with schema_context(SCHEMA):
            with connection.cursor() as cursor:
                fill(cursor, options.records)
                cursor.execute("SHOW server_version")
                server = cursor.fetchone()[0]
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            reading = [timed(write=False) for _ in range(options.runs)]
            writing = [timed(write=True) for _ in range(options.runs)]
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    finally:
        with schema_context("public"), connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA {SCHEMA} CASCADE")
    counts = reading[0][1]
    print(
        json.dumps(
            {
                "bench": "consolidation",
                "machine": {"cpus": os.cpu_count(), "processor": platform.machine(), "system": platform.platform()},
                "versions": {"python": platform.python_version(), "django": django.__version__, "postgresql": server},
                "records": options.records,
                "people": counts.people,
                "joined_records": counts.joined_records,
                "runs": options.runs,
                "median_seconds": round(statistics.median(seconds for seconds, _counts in reading), 2),
                "median_seconds_with_write": round(statistics.median(seconds for seconds, _counts in writing), 2),
                "python_peak_added_mb": round((peak - before) / 1024),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
