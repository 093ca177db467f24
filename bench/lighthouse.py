"""Let Lighthouse look at the customer's pages as a phone: python -m bench.lighthouse [--pages offer,rewards] [--runs N].

Needs Node, Lighthouse and Chromium, which the project itself does without. Everything runs on a stack of its own with the demo's
people. Prints JSON: for each page the lowest scores and median times of its runs, and what keeps a score from 100; exit code 1 where
performance or accessibility is below 95.
"""

import argparse
import contextlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psutil

from servicepro.devstack.browser import find_chromium
from servicepro.devstack.errors import DevstackError
from servicepro.devstack.plan import isolated_plan
from servicepro.devstack.stack import StopRequests, running_stack

SCORE_MIN = 95
MUST = ("performance", "accessibility")
SECONDS_MAX = 180
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage"
TIMES = {
    "first_paint_ms": "first-contentful-paint",
    "largest_paint_ms": "largest-contentful-paint",
    "blocked_ms": "total-blocking-time",
    "layout_shift": "cumulative-layout-shift",
    "server_ms": "server-response-time",
    "bytes": "total-byte-weight",
}
PAGES = ("offer", "sign_in", "book", "book_time", "book_details", "appointment", "visits", "rewards", "profile", "data")
OF_GUESTS = ("offer", "sign_in")


def missing(lighthouse: str | None) -> str:
    """Return in one line what has to be installed, empty where everything is there."""
    if lighthouse is None:
        return "Lighthouse is not here: npm install -g lighthouse (with Node 20 or newer), or name its program with --lighthouse PATH."
    if find_chromium() is None:
        return "Chromium is not here: apt-get install chromium."
    return ""


def prepare() -> tuple[str, dict[str, str]]:
    """Give one of the demo's people points, an appointment and a session; return its cookie and the address of every page."""
    from django_tenants.utils import tenant_context

    from campaigns.services import create_port_recovery_campaign
    from customers.selectors import customer_by_phone
    from loyalty.services import grant_points
    from tenants.selectors import tenant_by_schema

    with tenant_context(tenant_by_schema("cleanmachine")):
        customer = customer_by_phone("+15125550100")
        assert customer is not None, "one of the demo's people"
        for number in range(25):
            grant_points(customer_ids=[customer.pk], points=40, reason="port_recovery_500_points", campaign_key=f"lighthouse-{number}")
        create_port_recovery_campaign(created_by=None, name="lighthouse")
        return _signed_in(customer), _addresses(customer)


def _signed_in(customer: Any) -> str:
    from django.http import HttpResponse
    from django.test import RequestFactory

    from portal.services.sessions import open_session

    response = HttpResponse()
    open_session(RequestFactory().get("/portal/sign-in"), response, customer)
    return "; ".join(f"{cookie.key}={cookie.value}" for cookie in response.cookies.values() if cookie.value)


def _addresses(customer: Any) -> dict[str, str]:
    from bookings.selectors import active_places, active_services, free_week, manage_token
    from bookings.services import book, quote
    from bookings.types import Cart, Contact
    from campaigns.models import Target
    from campaigns.selectors import OFFER_LINK
    from portal.checkout import Choice, instant_key
    from servicepro.lib.signing import sign_number

    place = active_places()[0]
    cart = Cart(place.pk, tuple(service.pk for service in active_services(place)[:2]))
    week = free_week(place, quote(cart).duration_minutes, None)
    here, later = week.slots[week.day][0], week.slots[week.day][-1]
    contact = Contact(customer.name, customer.phone)
    booking = book(
        cart=cart, starts_at=here.starts_at, contact=contact, customer_id=customer.pk, points_requested=300, idempotency_key="lighthouse"
    )
    choice = Choice(place.pk, cart.service_ids, points="200")
    return {
        "offer": f"/o/{sign_number(OFFER_LINK, 'cleanmachine', Target.objects.latest('pk').pk)}",
        "sign_in": "/portal/sign-in",
        "book": choice.path("/book"),
        "book_time": choice.path("/book/time"),
        "book_details": f"{choice.path('/book/details')}&t={instant_key(later.starts_at)}",
        "appointment": f"/b/{manage_token(booking)}",
        "visits": "/portal/",
        "rewards": "/portal/rewards",
        "profile": "/portal/profile",
        "data": "/portal/data",
    }


def look(lighthouse: str, address: str, cookie: str) -> dict[str, Any]:
    """Return Lighthouse's report of one page with its own phone profile. Raises RuntimeError where it has none."""
    with tempfile.NamedTemporaryFile(suffix=".json") as report, tempfile.NamedTemporaryFile("w", suffix=".json") as headers:
        json.dump({"Cookie": cookie} if cookie else {}, headers)
        headers.flush()
        command = [lighthouse, address, "--quiet", "--form-factor=mobile", "--output=json", f"--output-path={report.name}"]
        command += ["--only-categories=performance,accessibility,best-practices", f"--chrome-flags={FLAGS}"]
        command += [f"--extra-headers={headers.name}"]
        environment = os.environ | {"CHROME_PATH": find_chromium() or ""}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
        text = Path(report.name).read_text()
    found = json.loads(text) if text else {}
    if done.returncode or found.get("runtimeError"):
        last = (done.stderr.strip().splitlines() or ["no word of why"])[-1]
        raise RuntimeError(f"Lighthouse has no report of {address}: {found.get('runtimeError', {}).get('message', last)}")
    if found["finalDisplayedUrl"].partition("?")[0] != address.partition("?")[0]:
        raise RuntimeError(f"{address} led to {found['finalDisplayedUrl']}: the page itself was not seen.")
    return found


def summed_up(reports: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the lowest scores and the median times of a page's reports, and the audits that fail in any."""
    scores = {name: min(round(report["categories"][name]["score"] * 100) for report in reports) for name in reports[0]["categories"]}
    times = {
        name: round(statistics.median(report["audits"][audit]["numericValue"] for report in reports), 3) for name, audit in TIMES.items()
    }
    counted = {ref["id"] for report in reports for part in report["categories"].values() for ref in part["auditRefs"] if ref["weight"]}
    failing = {name for report in reports for name in counted if (report["audits"][name]["score"] or 0) < 0.9}
    return {**scores, **times, "falls_short": sorted(failing)}


def measure(options: argparse.Namespace, lighthouse: str, port: int) -> dict[str, Any]:
    """Look at every page that was asked for."""
    cookie, addresses = prepare()
    found = {}
    for page in options.pages:
        who, address = "" if page in OF_GUESTS else cookie, f"http://localhost:{port}{addresses[page]}"
        urlopen(Request(address, headers={"Cookie": who}), timeout=30).close()  # a process that has just begun reads its templates first
        found[page] = summed_up([look(lighthouse, address, who) for _run in range(options.runs)])
    return found


def _pages(text: str) -> list[str]:
    unknown = [name for name in text.split(",") if name not in PAGES]
    if unknown:
        raise argparse.ArgumentTypeError(f"there is no page {unknown[0]}; choose from {', '.join(PAGES)}")
    return text.split(",")


def main() -> int:
    """Measure and print; return 1 where something is missing or a page falls short."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pages", type=_pages, default=list(PAGES))
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--lighthouse", default=shutil.which("lighthouse"), help="its program, where it is not on the path")
    options = parser.parse_args()
    if lack := missing(options.lighthouse):
        print(lack, file=sys.stderr)
        return os.EX_UNAVAILABLE
    with tempfile.TemporaryDirectory(prefix="sp-lighthouse-") as folder, StopRequests() as requests:
        plan = isolated_plan(Path(folder))
        plan.logs.mkdir(parents=True)
        with running_stack(plan, requests), contextlib.redirect_stdout(sys.stderr):
            os.environ.update(plan.environment)
            import django

            django.setup()
            found = measure(options, options.lighthouse, plan.web_port)
    version = subprocess.run([options.lighthouse, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    machine = {"cpus": psutil.cpu_count(), "system": platform.platform(), "load": os.getloadavg()[0]}
    print(json.dumps({"bench": "lighthouse", "machine": machine, "lighthouse": version, "runs": options.runs, "pages": found}, indent=2))
    return int(any(page[name] < SCORE_MIN for page in found.values() for name in MUST))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (DevstackError, RuntimeError) as error:
        sys.exit(str(error))
