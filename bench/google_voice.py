"""Time the Google Voice import: python bench/google_voice.py [--messages N] [--runs N].

A zip of threads of 40 texts goes into a scratch business that is removed at the end. Prints JSON: machine, versions, medians.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import sys
import tempfile
import time
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicepro.settings")

import django

django.setup()

from django.db import connection  # noqa: E402
from django_tenants.utils import schema_context, schema_exists  # noqa: E402

from customers.services import import_google_voice  # noqa: E402
from tenants.services import refresh_template, replay_template  # noqa: E402

SCHEMA = "bench_google_voice"
TEXTS_PER_THREAD = 40
_MESSAGE = (
    '<div class="message"><abbr class="dt" title="2021-{month:02d}-{day:02d}T01:{minute:02d}:{second:02d}.000-06:00">Jan 22, 2021, '
    '1:33:43\u202fAM Central Time</abbr>:\n<cite class="sender vcard"><a class="tel" href="tel:{number}"><span class="fn">{name}'
    "</span></a></cite>:\n<q>Hello, this is text number {n} about the usual appointment, see you on Friday at ten?</q>\n</div>"
)


def write_takeout(path: Path, messages: int) -> None:
    """Write a takeout with so many messages."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for thread in range(messages // TEXTS_PER_THREAD):
            number = f"+1512{2_000_000 + thread:07d}"
            texts = "".join(
                _MESSAGE.format(
                    month=n % 12 + 1,
                    day=thread % 28 + 1,
                    minute=n,
                    second=thread % 60,
                    number=number if n % 2 else "+15125550100",
                    name="Customer" if n % 2 else "Me",
                    n=n,
                )
                for n in range(TEXTS_PER_THREAD)
            )
            page = f'<html><head><title>x</title></head><body><div class="hChatLog hfeed">{texts}</div></body></html>'
            archive.writestr(f"Takeout/Voice/Calls/{number} - Text - 2021-01-22T01_33_43Z.html", page)


def fresh_schema() -> None:
    """Make the scratch business anew."""
    with schema_context("public"):
        refresh_template()
    drop_schema()
    with schema_context("public"):
        replay_template(SCHEMA)


def drop_schema() -> None:
    """Remove the scratch business."""
    with schema_context("public"), connection.cursor() as cursor:
        if schema_exists(SCHEMA):
            cursor.execute(f"DROP SCHEMA {SCHEMA} CASCADE")


def timed_import(path: Path) -> float:
    """Return the seconds of one import."""
    with schema_context(SCHEMA):
        started = time.perf_counter()
        import_google_voice(path, region="US")
        return time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    first, again = [], []
    with tempfile.TemporaryDirectory() as folder:
        small, path = Path(folder, "small.zip"), Path(folder, "takeout.zip")
        write_takeout(small, options.messages // 10)
        write_takeout(path, options.messages)
        try:
            fresh_schema()
            timed_import(small)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            for _ in range(options.runs):
                fresh_schema()
                first.append(timed_import(path))
                again.append(timed_import(path))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        finally:
            drop_schema()
    print(
        json.dumps(
            {
                "bench": "google_voice",
                "machine": {"cpus": os.cpu_count(), "processor": platform.machine(), "system": platform.platform()},
                "versions": {"python": platform.python_version(), "django": django.__version__},
                "messages": options.messages,
                "runs": options.runs,
                "messages_per_second": round(options.messages / statistics.median(first)),
                "messages_per_second_again": round(options.messages / statistics.median(again)),
                "peak_mb_at_a_tenth": round(before / 1024),
                "peak_mb": round(peak / 1024),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
