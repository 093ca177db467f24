"""What `make run`, `make reset`, `make demo`, `make test` and `make check` do."""

import base64
import itertools
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from servicepro.devstack.browser import install_chromium
from servicepro.devstack.children import Child
from servicepro.devstack.errors import DevstackError
from servicepro.devstack.plan import ROOT, Plan, isolated_plan, owners_plan
from servicepro.devstack.servers import are_running, ensure_running, stop
from servicepro.devstack.stack import StopRequests, end_run, only_run, running_stack, wipe

DEMO_PASSWORD = "demo-owner-2026"  # noqa: S105  # of the demo's made-up owners; setup_demo sets it

SERVERS_LOOK_SECONDS = 5
TEST_WORKERS_MAX = 4  # the browser's tests are one worker's, and as long as a quarter of the rest


def run() -> int:
    """Run the whole stack until Ctrl-C; return 0 after a clean end."""
    plan = owners_plan()
    started = time.monotonic()
    with StopRequests() as requests, only_run(plan.state_dir):
        print("Starting PostgreSQL, Valkey and the demo business …", flush=True)
        with running_stack(plan, requests) as children:
            if not requests.is_stopping():
                print(_welcome(plan, seconds=time.monotonic() - started), flush=True)
            _watch(plan, children, requests)
            print("\nStopping … (Ctrl-C again to stop at once)", flush=True)
    print("Stopped. The data stays; `make run` brings it back.", flush=True)
    return 0


def _watch(plan: Plan, children: list[Child], requests: StopRequests) -> None:
    """Return when an end is asked for; start what was killed again meanwhile. Raises DevstackError when a child keeps ending."""
    next_look = time.monotonic() + SERVERS_LOOK_SECONDS
    while not requests.is_stopping():
        for child in children:
            story = child.revive()
            if story:
                print(story, flush=True)
        if plan.needs_servers and time.monotonic() > next_look:
            if not are_running(plan.state_dir):
                print("PostgreSQL or Valkey stopped by itself: starting it again …", flush=True)
                ensure_running(plan.state_dir)
            next_look = time.monotonic() + SERVERS_LOOK_SECONDS
        time.sleep(0.2)


def reset() -> int:
    """Stop what runs and delete all local data."""
    state_dir = owners_plan().state_dir
    end_run(state_dir)
    wipe(state_dir)
    shutil.rmtree(state_dir, ignore_errors=True)
    print(f"Deleted the local data in {state_dir}.")
    return 0


def demo() -> int:
    """Run the blast of the demo without a person, on data of its own; return what run_demo returns."""
    state_dir = owners_plan().state_dir / "demo"
    with StopRequests() as requests, only_run(state_dir):
        wipe(state_dir)
        plan = isolated_plan(state_dir)
        plan.logs.mkdir(parents=True, exist_ok=True)
        print("Starting a stack of its own for the demo …", flush=True)
        with running_stack(plan, requests) as children:
            if requests.is_stopping():
                return 130
            process = subprocess.Popen([sys.executable, "manage.py", "run_demo"], cwd=ROOT, env=plan.environment)
            while process.poll() is None:
                if requests.is_stopping():
                    process.terminate()
                for child in children:
                    child.require_alive()
                time.sleep(0.1)
            return process.returncode if process.returncode >= 0 else 130


def test(arguments: list[str]) -> int:
    """Run pytest against servers of its own; return its exit code.

    The whole suite is shared among workers, each with servers of its own; with `arguments` one process runs what they choose.
    """
    print(install_chromium(), flush=True)
    plan = _plan_of_tests()
    folders = [plan.state_dir, *(plan.state_dir / f"worker{n}" for n in range(1, 1 if arguments else _workers_of_tests()))]
    workers = ["--dist", "loadscope", *itertools.chain.from_iterable(("--tx", _worker_of_tests(folder)) for folder in folders)]
    was_running = {folder for folder in folders if are_running(folder)}
    for folder in folders:
        ensure_running(folder)
    try:
        # Not pytest's own place for what tests write: another pytest that starts closes it to the account PostgreSQL runs under.
        with tempfile.TemporaryDirectory(prefix="sp-pytest-", ignore_cleanup_errors=True) as own:
            return _call([sys.executable, "-m", "pytest", f"--basetemp={own}/t", *(arguments or workers)], plan.environment)
    finally:
        for folder in folders:
            if folder not in was_running:
                stop(folder)


def _workers_of_tests() -> int:
    """Return how many share the suite: one more than there are cores, for outages and stacks that come up mostly wait."""
    return min((os.cpu_count() or 1) + 1, TEST_WORKERS_MAX)


def _worker_of_tests(state_dir: Path) -> str:
    """Return what pytest starts a worker with; the servers of whoever starts it are not its own."""
    return f"popen//env:SERVICEPRO_STATE_DIR={state_dir}//env:DATABASE_URL=//env:REDIS_URL="


def check() -> int:
    """Run every check, all of them even when one fails; return 1 when one did."""
    plan = _plan_of_tests()
    was_running = are_running(plan.state_dir)
    binaries = Path(sys.executable).parent
    templates = [str(path) for path in sorted((ROOT / "templates").rglob("*.html"))]
    checks = {
        "lint": [str(binaries / "ruff"), "check", "."],
        "format": [str(binaries / "ruff"), "format", "--check", "."],
        "templates": [str(binaries / "djade"), "--check", "--target-version", "5.2", *templates],
        "types": [str(binaries / "mypy"), "."],
        "layers": [str(binaries / "lint-imports")],
        "missing migrations": [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
        "deployment": [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
    }
    failed = []
    try:
        for name, command in checks.items():
            print(f"== {name}", flush=True)
            environment = plan.environment | (_production_environment() if name == "deployment" else {})
            if _call(command, environment) != 0:
                failed.append(name)
    finally:
        if not was_running:
            stop(plan.state_dir)
    print(f"Failed: {', '.join(failed)}." if failed else f"All {len(checks)} checks passed.")
    return 1 if failed else 0


def stop_servers() -> int:
    """Stop the embedded servers that manage.py commands started."""
    stop(owners_plan().state_dir)
    return 0


def _plan_of_tests() -> Plan:
    """Return the stack of the tests, which start a few hundred processes: none of them shall compile the project anew."""
    plan = isolated_plan(owners_plan().state_dir / "test")
    plan.environment["PYTHONDONTWRITEBYTECODE"] = ""
    return plan


def _call(command: list[str], environment: dict[str, str]) -> int:
    """Run a command to its end; Ctrl-C reaches it through the terminal, and we wait for its own goodbye."""
    with StopRequests() as requests:
        process = subprocess.Popen(command, cwd=ROOT, env=environment)
        while process.poll() is None:
            if requests.is_urgent():
                process.kill()
            time.sleep(0.05)
    if process.returncode < 0:
        raise DevstackError(f"{Path(command[0]).name} was ended by signal {-process.returncode}.")
    return process.returncode


def _production_environment() -> dict[str, str]:
    """Return settings a production server could have: made up, and strong enough to be let through."""
    return {
        "DEBUG": "0",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "FIELD_KEYS": f"k1:{base64.b64encode(secrets.token_bytes(64)).decode()}",
        "ADDRESS_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "ALLOWED_HOSTS": "servicepro.example",
        "DATABASE_URL": "postgres://servicepro@127.0.0.1/servicepro",
        "REDIS_URL": "redis://127.0.0.1/0",
        "PUBLIC_SCHEME": "https",
        "SIMULATOR_URL": "",
    }


def _welcome(plan: Plan, *, seconds: float) -> str:
    lines = [
        f"ServicePro is up ({seconds:.1f} s).",
        "",
        f"  Clean Machine Auto Detail   http://localhost:{plan.web_port}/admin/",
        "    sign in as                owner@cleanmachine.example",
        f"  Glamour Studio              http://glamour.localhost:{plan.web_port}/admin/",
        "    sign in as                owner@glamour.example",
        f"  password of both            {DEMO_PASSWORD}",
    ]
    if plan.needs_simulator:
        lines.append(f"  phones and mailboxes        http://127.0.0.1:{plan.simulator_port}/")
    logs = os.path.relpath(plan.logs)
    lines += ["", f"  Logs are in {logs if not logs.startswith('..') else plan.logs}. Ctrl-C stops everything, the data stays."]
    return "\n".join(lines)
