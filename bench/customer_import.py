"""How long a customer list takes from the upload to the preview and from the confirmation to the end; beside django-import-export on
the same file in the same run, and ten times as many rows through the command.

python -m bench.customer_import [--rows 10000] [--command-rows 100000] [--runs 3]

Each measurement is a process of its own, and this one imports nothing heavy: a process starts with its parent's peak of memory.
"""

import argparse
import csv
import json
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
HEADERS = ("Name", "Phone", "Email", "SMS consent", "Birthday", "Notes", "Tags", "Visits")
_AREAS = ("512", "737", "210", "830", "361", "956", "254", "903")
_FIRST = ("Ana", "Ben", "Chloé", "Dev", "Élodie", "Farah", "Grace", "Hiro", "Ines", "José", "Katja", "Liam")
_LAST = ("Lopez", "Nguyen", "Okafor", "Patel", "Müller", "Smith", "Garcia", "Sharma")


def write_list(path: Path, rows: int) -> None:
    """Write a list as people have them: numbers in three ways of writing, 1 % unusable, 1 % repeated, half with a note and tags."""
    dice = random.Random(7)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADERS)
        for n in range(rows):
            who = n - 48 if n % 100 == 99 else n
            area, line = _AREAS[who // 800_000], f"{2_000_000 + who % 800_000}"
            number = (f"({area}) {line[:3]}-{line[3:]}", f"+1{area}{line}", f"{area}-{line[:3]}-{line[3:]}")[n % 3]
            writer.writerow(
                (
                    f"{_FIRST[n % 12]} {_LAST[n % 8]}",
                    "555-12" if n % 100 == 49 else number,
                    f"person{who}@example.com" if n % 5 else "",
                    ("yes", "no", "")[n % 3],
                    f"{1950 + n % 55}-{n % 12 + 1:02d}-{n % 28 + 1:02d}" if n % 2 else "",
                    f"likes {dice.choice(('tea', 'coffee', 'the window seat'))}, came {n % 9} times" if n % 2 else "",
                    ("vip", "vip, regular", "")[n % 3],
                    str(n % 40),
                )
            )


def _start(*further_apps: str) -> None:
    sys.path.insert(0, str(ROOT))
    import django
    from django.conf import settings

    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, *further_apps]
    django.setup()
    from servicepro.lib.collector import relax_collector

    relax_collector()  # as every worker process and command does


def _new_business() -> Any:
    from tenants.services import provision_tenant

    schema = f"lists{time.time_ns()}"
    return provision_tenant(schema=schema, name="Lists", domain=f"{schema}.localhost", region="US", owner_email="o@lists.example")


def _measured(step: Any) -> tuple[float, float, Any]:
    """Return the seconds, the CPU seconds of this process, and the answer of a step."""
    cpu, began = time.process_time(), time.perf_counter()
    answer = step()
    return time.perf_counter() - began, time.process_time() - cpu, answer


def _memory_mb() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def measure_ours(path: str) -> dict[str, Any]:
    """Bring a list as the page and a worker do, and return the figures."""
    _start()
    from django_tenants.utils import tenant_context

    from customers.selectors import import_preview
    from customers.services import apply_import, confirm_import, preview_import

    content = Path(path).read_bytes()
    with tenant_context(_new_business()):
        idle = _memory_mb()

        def preview() -> Any:
            batch = preview_import(content=content, file_name="list.csv", actor=None)
            import_preview(batch)
            return batch

        *look, batch = _measured(preview)
        *write, batch = _measured(lambda: apply_import(confirm_import(batch, None)))
        rows = {"new": batch.new_count, "refused": batch.refused_count, "duplicate_in_file": batch.duplicate_in_file_count}
        return _figures(look, write, idle, rows)


def _figures(look: Sequence[float], write: Sequence[float], idle: int, rows: dict[str, Any]) -> dict[str, Any]:
    """Return what is printed of a dry run and a real one, each as wall and CPU seconds."""
    return {
        "previewSeconds": round(look[0], 3),
        "confirmSeconds": round(write[0], 3),
        "seconds": round(look[0] + write[0], 3),
        "cpuSeconds": round(look[1] + write[1], 3),
        "memoryMb": _memory_mb(),
        "memoryIdleMb": idle,
        "rows": rows,
    }


def measure_peer(path: str) -> dict[str, Any]:
    """Bring a list by the peer, dry run and import, and return the figures."""
    _start("bench.import_peer")
    from django.db import connection
    from django_tenants.utils import schema_context

    from bench.import_peer.models import PlainCustomer
    from bench.import_peer.resource import bring

    with schema_context("public"), connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS bench_peer CASCADE")
        cursor.execute("CREATE SCHEMA bench_peer")
    try:
        with schema_context("bench_peer"):
            with connection.schema_editor() as editor:
                editor.create_model(PlainCustomer)
            idle = _memory_mb()
            *look, tried = _measured(lambda: bring(path, is_dry=True))
            *write, done = _measured(lambda: bring(path, is_dry=False))
            return _figures(look, write, idle, {"tried": tried, "written": done, "stored": PlainCustomer.objects.count()})
    finally:
        with schema_context("public"), connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA bench_peer CASCADE")


def prepare(_path: str) -> dict[str, Any]:
    """Bring the database up to date and make a business; return its schema."""
    _start()
    from django.core.management import call_command

    call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
    return {"schema": _new_business().schema_name}


def measure_command(path: str, rows: int) -> dict[str, Any]:
    """Bring a list by the command, from the start of its process to the end, and return the figures."""
    schema = _in_own_process("prepare", path)["schema"]
    command = [sys.executable, str(ROOT / "manage.py"), "import_customers", "--tenant", schema, path]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
    _pid, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 3):  # 3: some rows cannot be used, and the list has such rows
        raise RuntimeError(f"import_customers ended with {process.returncode}")
    return {
        "rows": rows,
        "seconds": round(seconds, 2),
        "rowsPerSecond": round(rows / seconds),
        "memoryMb": round(usage.ru_maxrss / 1024),
    }


MEASUREMENTS = {"ours": measure_ours, "peer": measure_peer, "prepare": prepare}


def _in_own_process(name: str, path: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.customer_import", "--measure", name, path]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def run(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Measure everything on one file, and return the report."""
    path = folder / "list.csv"
    write_list(path, options.rows)
    _in_own_process("prepare", str(path))
    before = options.runs - options.runs // 2  # the peer stands between ours, in whatever else the machine has to do
    ours = [_in_own_process("ours", str(path)) for _run in range(before)]
    peer = _in_own_process("peer", str(path))
    ours += [_in_own_process("ours", str(path)) for _run in range(options.runs - before)]
    commands = []
    for rows in (options.rows, options.command_rows):
        write_list(path, rows)
        commands.append(measure_command(str(path), rows))
    names = [name for name, value in ours[0].items() if isinstance(value, int | float)]
    median = {name: statistics.median(one[name] for one in ours) for name in names}
    return {
        "bench": "customer_import",
        "machine": {"cpus": os.cpu_count(), "load": os.getloadavg(), "python": platform.python_version()},
        "rows": options.rows,
        "median": median,
        "runs": ours,
        "peer": {"what": "django-import-export, dry run and import, defaults", **peer},
        "timesThePeer": round(peer["seconds"] / median["seconds"], 1),
        "timesThePeerByCpu": round(peer["cpuSeconds"] / median["cpuSeconds"], 1),  # of the process, without the database's
        "command": commands,
    }


def main() -> int:
    """Run and print JSON."""
    parser = argparse.ArgumentParser(prog="customer_import")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--command-rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--measure", nargs=2, metavar=("WHAT", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ.setdefault("SERVICEPRO_STATE_DIR", str(Path(tempfile.gettempdir()) / "servicepro-bench"))
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    os.environ["DJANGO_SETTINGS_MODULE"] = "servicepro.settings"
    if options.measure:
        print(json.dumps(MEASUREMENTS[options.measure[0]](options.measure[1])))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(run(options, Path(folder)), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
