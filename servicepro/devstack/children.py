"""The processes of a running stack: started with a log each, watched, and stopped to the last one."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from servicepro.devstack.errors import DevstackError
from servicepro.devstack.log_files import turn_over
from servicepro.devstack.plan import CREDENTIALS, ROOT, Plan

READY_SECONDS_MAX = 60
STOP_SECONDS_MAX = 10  # a worker ends its current batch; what it cannot end is in doubt and settled later
ENDS_MAX, REVIVE_SECONDS = 3, 60  # a process that ends so often within so many seconds is not started again
LAST_LINES, LAST_BYTES = 5, 16_384  # of its log, shown when a process ended by itself
PR_SET_PDEATHSIG = 1  # prctl(2)


class Child:
    """One process in a session of its own, so Ctrl-C reaches only its supervisor and a kill reaches all it forked."""

    def __init__(self, name: str, command: list[str], *, environment: dict[str, str], log: Path) -> None:
        self.name, self.log = name, log
        self._command, self._environment = command, environment
        self._ends: list[float] = []
        self._start()

    def _start(self) -> None:
        turn_over(self.log)
        with self.log.open("ab") as output:
            self._log_start = output.tell()
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # one thread only
            )

    def require_alive(self) -> None:
        """Raise DevstackError that ends with the last lines of the log when the process has ended."""
        if self.is_gone():
            raise DevstackError(f"{self._obituary()} (all of it: {self.log})")

    def revive(self) -> str:
        """Start the process again when it has ended, and say why; an empty text says that it lives.

        Raises DevstackError when it ended for the third time within a minute: it would do so again.
        """
        if not self.is_gone():
            return ""
        story, now = self._obituary(), time.monotonic()
        self._ends = [end for end in self._ends if now - end < REVIVE_SECONDS] + [now]
        if len(self._ends) >= ENDS_MAX:
            raise DevstackError(f"{story}\nThe {self.name} stopped {ENDS_MAX} times within a minute: giving up (all of it: {self.log})")
        self.signal_group(signal.SIGKILL)  # what it forked would hold its port, or its tasks
        self._start()
        return f"{story}\nStarting the {self.name} again …"

    def _obituary(self) -> str:
        """Return which process ended and how, and the last lines it wrote since it was started."""
        code = self._process.returncode
        how = f"exit code {code}" if code >= 0 else f"ended by {signal.Signals(-code).name}"
        with self.log.open("rb") as log:
            log.seek(max(self._log_start, log.seek(0, os.SEEK_END) - LAST_BYTES))
            lines = [line for line in log.read().decode(errors="replace").splitlines() if line.strip()][-LAST_LINES:]
        return "\n".join([f"The {self.name} stopped by itself ({how}).", *(f"  {self.log.name}: {line}" for line in lines)])

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to the process and all it forked."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the process alone: it knows how to end its own children."""
        if self._process.poll() is None:
            self._process.terminate()

    def is_gone(self) -> bool:
        """Tell whether the process has ended."""
        return self._process.poll() is not None


def start_simulator(plan: Plan) -> Child:
    """Start the simulator of Twilio and SendGrid."""
    command = [sys.executable, "-m", "servicepro.simulator", "--port", str(plan.simulator_port)]
    command += ["--state", str(plan.state_dir / "simulator")]
    # A stack may mix a live account with a simulated one; the simulator itself never sees a live credential.
    environment = plan.environment | dict.fromkeys(CREDENTIALS, "")
    return Child("simulator", command, environment=environment, log=plan.logs / "simulator.log")


def application_commands(plan: Plan) -> dict[str, list[str]]:
    """Return the commands of the web server, the worker and beat, by name; docker-compose.yml has the same."""
    python = sys.executable
    celery = [python, "-m", "celery", "-A", "servicepro.celery"]
    web = [python, "-m", "gunicorn", "servicepro.wsgi:application", "--bind", f"127.0.0.1:{plan.web_port}"]
    web += ["--worker-class", "gthread", "--workers", "1", "--threads", "16", "--no-control-socket"]
    worker = [*celery, "worker", "--concurrency", "2", "--loglevel", "INFO", "--without-gossip", "--without-mingle"]
    # The schedule's file must not outlive the stack's data, and two stacks must not share it.
    beat = [*celery, "beat", "--loglevel", "INFO", "--pidfile", ""]
    beat += ["--schedule", str(plan.state_dir / "celerybeat-schedule")]
    return {"web server": web, "worker": worker, "beat": beat}


def start_application(plan: Plan) -> list[Child]:
    """Start the web server, the worker and beat."""
    return [
        Child(name, command, environment=plan.environment, log=plan.logs / f"{name.split()[0]}.log")
        for name, command in application_commands(plan).items()
    ]


def wait_for_page(page: str, children: list[Child], *, is_stopping: Callable[[], bool]) -> None:
    """Return once something answers at the address `page`, or when asked to stop.

    Raises DevstackError when a child ends first or nothing answers in time.
    """
    deadline = time.monotonic() + READY_SECONDS_MAX
    while not is_stopping() and not _answers_http(page):
        for child in children:
            child.require_alive()
        if time.monotonic() > deadline:
            raise DevstackError(f"Nothing answers at {page} after {READY_SECONDS_MAX} seconds: read {children[0].log.parent}")
        time.sleep(0.05)


def stop_children(children: list[Child], *, is_urgent: Callable[[], bool]) -> None:
    """End all children: asked first, killed after a while or as soon as `is_urgent`; none is left afterwards."""
    for child in reversed(children):
        child.ask_to_stop()
    deadline = time.monotonic() + STOP_SECONDS_MAX
    while not all(child.is_gone() for child in children):
        if time.monotonic() > deadline or is_urgent():
            break
        time.sleep(0.05)
    for child in children:
        child.signal_group(signal.SIGKILL)
        while not child.is_gone():
            time.sleep(0.01)


def _end_with_parent() -> None:
    """Have the kernel send SIGTERM when the supervisor dies, so even kill -9 on it leaves nothing behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _answers_http(page: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy of the environment knows no localhost
    try:
        with opener.open(page, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
