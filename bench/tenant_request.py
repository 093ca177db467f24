"""Compare a one-query view with and without tenants: python bench/tenant_request.py [--seconds S] [--rounds N].

Plain Django, this project's middleware and database backend, and django-tenants as it comes out of the box, each in a process of
its own with nothing else in the middleware, in turn within one run. "in turn" is the worst case: every request is for another
tenant than the last. Prints JSON: machine, versions, medians.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicepro.settings")

DATABASE = "bench_tenant_request"
TENANTS = 20
STOCK = ("django_tenants.middleware.main.TenantMainMiddleware", "django_tenants.postgresql_backend")
OURS = ("tenants.middleware.TenantMiddleware", "servicepro.lib.postgresql")
# name: middleware, database engine, whether the search_path is only set when the tenant was, number of tenants in turn
VARIANTS: dict[str, tuple[str | None, str, bool, int]] = {
    "plain": (None, "django.db.backends.postgresql", False, 1),
    "ours": (*OURS, True, 1),
    "ours_in_turn": (*OURS, True, TENANTS),
    "django_tenants": (*STOCK, False, 1),
    "django_tenants_in_turn": (*STOCK, False, TENANTS),
    "django_tenants_limited_set": (*STOCK, True, 1),
}


def application(variant: str) -> Callable[[str], None]:
    """Return a function that sends one request for a host through the variant's whole handler."""
    from django.conf import settings

    name, engine, limits_set, _tenants = VARIANTS[variant]
    settings.MIDDLEWARE = [name] if name else []
    settings.DATABASES["default"] |= {"ENGINE": engine, "CONN_HEALTH_CHECKS": False}
    settings.TENANT_LIMIT_SET_CALLS = limits_set
    settings.ROOT_URLCONF = settings.PUBLIC_SCHEMA_URLCONF = "bench.tenant_request"
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["*"]

    import django
    from django.core.handlers.wsgi import WSGIHandler
    from django.test import RequestFactory

    django.setup()
    handler, factory = WSGIHandler(), RequestFactory()

    def send(host: str) -> None:
        started: list[str] = []
        response = handler(factory._base_environ(SERVER_NAME=host), lambda status, _headers: started.append(status))
        body = b"".join(response)
        response.close()
        if started != ["200 OK"] or body != b"owner@bench.example":
            raise RuntimeError(f"{variant} answered {started} {body!r}")

    return send


def __getattr__(name: str) -> Any:
    """Be the URLconf of the bench, built only when Django asks for it."""
    if name != "urlpatterns":
        raise AttributeError(name)
    from django.http import HttpRequest, HttpResponse
    from django.urls import path

    from tenants.accounts.models import User

    def owner(_request: HttpRequest) -> HttpResponse:
        return HttpResponse(User.objects.get(pk=1).email)

    return [path("", owner)]


def prepare() -> None:
    """Make the tenants, and the same user in public for plain Django."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from tenants.accounts.models import User
    from tenants.services import provision_tenant

    call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
    connection.set_schema_to_public()  # type: ignore[attr-defined]
    for number in range(TENANTS):
        provision_tenant(
            schema=f"bench{number}", name="Bench", domain=f"b{number}.localhost", region="US", owner_email="owner@bench.example"
        )
    connection.set_schema_to_public()  # type: ignore[attr-defined]
    User.objects.create_user("owner@bench.example")


def serve(variant: str) -> None:
    """Answer each line of standard input (seconds) with requests per second and CPU milliseconds per request."""
    send = application(variant)
    hosts = [f"b{number}.localhost" for number in range(VARIANTS[variant][3])]
    for host in hosts * 5:
        send(host)
    print("ready", flush=True)
    for line in sys.stdin:
        count, begun, used, turn = 0, time.perf_counter(), time.process_time(), cycle(hosts)
        while time.perf_counter() - begun < float(line):
            for _ in range(20):
                send(next(turn))
            count += 20
        wall, cpu = time.perf_counter() - begun, time.process_time() - used
        print(json.dumps([count / wall, cpu / count * 1000]), flush=True)


def measure(url: str, *, seconds: float, rounds: int) -> dict[str, list[list[float]]]:
    """Return the rounds of every variant; the variants take turns, so a slow moment of the machine hits all of them."""
    environment = os.environ | {"DATABASE_URL": url, "DEBUG": "1"}
    command = [sys.executable, str(Path(__file__).resolve())]
    subprocess.run([*command, "--prepare"], env=environment, check=True, cwd=ROOT)
    children = {
        name: subprocess.Popen(
            [*command, "--serve", name], env=environment, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for name in VARIANTS
    }
    found: dict[str, list[list[float]]] = {name: [] for name in VARIANTS}
    try:
        for child in children.values():
            child.stdout.readline()  # type: ignore[union-attr]
        for _ in range(rounds):
            for name, child in children.items():
                print(seconds, file=child.stdin, flush=True)
                found[name].append(json.loads(child.stdout.readline()))  # type: ignore[union-attr]
    finally:
        for child in children.values():
            child.stdin.close()  # type: ignore[union-attr]
            child.wait()
    return found


def main() -> None:
    """Measure in a database of the bench's own and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--prepare", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--serve", choices=VARIANTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.prepare:
        return prepare()
    if options.serve:
        return serve(options.serve)
    print(json.dumps(report(options.seconds, options.rounds), indent=2))
    return None


def report(seconds: float, rounds: int) -> dict[str, Any]:
    """Return what was measured, beside the machine it was measured on."""
    import psycopg
    from django.conf import settings

    target = settings.DATABASES["default"]
    account = quote(target["USER"]) + (f":{quote(target['PASSWORD'])}" if target["PASSWORD"] else "")
    place = f"{account}@{quote(target['HOST'], safe='')}" + (f":{target['PORT']}" if target["PORT"] else "")
    with psycopg.connect(f"postgres://{place}/{target['NAME']}", autocommit=True) as administration:
        administration.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        administration.execute(f"CREATE DATABASE {DATABASE}")
        try:
            found = measure(f"postgres://{place}/{DATABASE}", seconds=seconds, rounds=rounds)
        finally:
            administration.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")
        server = administration.info.parameter_status("server_version")
    medians = {name: [statistics.median(column) for column in zip(*rows, strict=True)] for name, rows in found.items()}
    plain = medians["plain"]
    return {
        "bench": "tenant_request",
        "machine": {"cpus": os.cpu_count(), "processor": platform.machine(), "system": platform.platform()},
        "versions": {
            "python": platform.python_version(),
            "django": version("django"),
            "django-tenants": version("django-tenants"),
            "postgresql": server,
        },
        "rounds": rounds,
        "variants": {
            name: {
                "requests_per_second": round(rate),
                "share_of_plain": round(rate / plain[0], 3),
                "cpu_ms_per_request": round(cpu, 4),
                "cpu_ms_added": round(cpu - plain[1], 4),
            }
            for name, (rate, cpu) in medians.items()
        },
    }


if __name__ == "__main__":
    main()
