"""A whole stack from nothing to stopped: servers, demo data, processes."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from servicepro.devstack.children import Child, start_application, start_simulator, stop_children, wait_for_page
from servicepro.devstack.errors import DevstackError, describe_os_error, require_free_disk
from servicepro.devstack.plan import ROOT, Plan
from servicepro.devstack.ports import require_free_port
from servicepro.devstack.servers import are_running, ensure_running, stop

LOCK_NAME = "run.lock"
END_SECONDS_MAX = 60


class StopRequests:
    """Counts SIGINT, SIGTERM and SIGHUP: the first asks for a clean end, the second for an end at once."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> "StopRequests":
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        self._before = {number: signal.signal(number, self._note) for number in numbers}
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.count += 1

    def is_stopping(self) -> bool:
        """Tell whether an end was asked for."""
        return self.count > 0

    def is_urgent(self) -> bool:
        """Tell whether an end was asked for twice."""
        return self.count > 1


@contextlib.contextmanager
def running_stack(plan: Plan, requests: StopRequests) -> Iterator[list[Child]]:
    """Bring the stack up and yield its processes; on the way out stop all that was started here, servers included.

    Yields before the processes are ready when an end is asked for meanwhile. Raises DevstackError.
    """
    require_free_port(plan.web_port, variable="WEB_PORT")
    if plan.needs_simulator:
        require_free_port(plan.simulator_port, variable="SIMULATOR_PORT")
    require_free_disk(plan.state_dir)
    children: list[Child] = []
    # A run that was killed left its servers behind with this mark: they are ours to stop, unlike those of a manage.py command.
    mark = plan.state_dir / "run.servers"
    owns_servers = plan.needs_servers and (mark.exists() or not are_running(plan.state_dir))
    try:
        if owns_servers:
            mark.touch()
        if plan.needs_simulator:  # first: the setup introduces the businesses to it
            children.append(start_simulator(plan))
        if plan.needs_servers:
            ensure_running(plan.state_dir)
        if plan.needs_simulator:
            wait_for_page(f"http://127.0.0.1:{plan.simulator_port}/", children, is_stopping=requests.is_stopping)
        _set_up_demo(plan, requests)
        if not requests.is_stopping():
            children += start_application(plan)
            wait_for_page(f"http://127.0.0.1:{plan.web_port}/healthz", children, is_stopping=requests.is_stopping)
        yield children
    finally:
        stop_children(children, is_urgent=requests.is_urgent)
        if owns_servers:
            stop(plan.state_dir)
            mark.unlink(missing_ok=True)


def _set_up_demo(plan: Plan, requests: StopRequests) -> None:
    """Migrate, provision and seed: one idempotent command, its output in a log."""
    log = plan.logs / "setup.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "setup_demo"],
            cwd=ROOT,
            env=plan.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        while process.poll() is None:
            if requests.is_stopping():
                process.terminate()
                process.wait()
                return
            time.sleep(0.05)
    if process.returncode != 0:
        last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["no output"]
        raise DevstackError(f"The demo could not be set up: {last[0]} (log: {log})")


@contextlib.contextmanager
def only_run(state_dir: Path) -> Iterator[None]:
    """Hold the folder for one run at a time; the lock falls with the process, however it ends. Raises DevstackError."""
    try:
        (state_dir / "logs").mkdir(parents=True, exist_ok=True)
        lock_file = (state_dir / LOCK_NAME).open("a+")
    except OSError as error:
        raise DevstackError(describe_os_error(error, state_dir)) from error
    with lock_file:
        try:
            fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            pid = (state_dir / LOCK_NAME).read_text().strip() or "unknown"
            raise DevstackError(f"ServicePro already runs here (process {pid}): stop it with Ctrl-C there first.") from error
        lock_file.truncate(0)
        lock_file.write(str(os.getpid()))
        lock_file.flush()
        yield


def end_run(state_dir: Path) -> None:
    """Ask the run that holds `state_dir` to stop, and return when it has. Raises DevstackError when it does not."""
    path = state_dir / LOCK_NAME
    deadline = time.monotonic() + END_SECONDS_MAX
    asked = False
    while path.exists():
        with path.open() as lock_file:
            try:
                fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except OSError:
                pid = int(path.read_text().strip() or 0)
        if pid and not asked:
            asked = True
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        if time.monotonic() > deadline:
            raise DevstackError(f"The run in {state_dir} (process {pid}) does not stop: end it, then try again.")
        time.sleep(0.1)


def wipe(state_dir: Path) -> None:
    """Stop every server whose data lies in `state_dir` and delete all of it but the lock of the run that asks."""
    for note in [*state_dir.glob("servers.lock"), *state_dir.glob("*/servers.lock")]:
        stop(note.parent)
    if state_dir.is_dir():
        for path in state_dir.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name != LOCK_NAME:
                path.unlink()
