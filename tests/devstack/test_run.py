"""`make run`, with real processes: up, used, and stopped to the last one."""

import fcntl
import os
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from servicepro.devstack.children import Child
from servicepro.devstack.errors import DevstackError
from servicepro.devstack.log_files import LOG_BYTES_MAX
from servicepro.devstack.plan import OUTSIDE, ROOT
from servicepro.devstack.ports import free_ports
from tests.devstack.conftest import processes_of

START_SECONDS_MAX = 120


def _environment(state_dir: Path, **more: str) -> dict[str, str]:
    ports = dict(zip(("WEB_PORT", "SIMULATOR_PORT"), map(str, free_ports(2)), strict=True))
    blank = dict.fromkeys(OUTSIDE, "")
    return os.environ | blank | {"SERVICEPRO_STATE_DIR": str(state_dir), "DEBUG": "1", **ports, **more}


@contextmanager
def _running(environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Start the stack and give its process and what it printed until it was up."""
    command = [sys.executable, "-m", "servicepro.devstack", "run"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        yield process, _read_until(process, "Ctrl-C stops everything")
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=60)


def _read_until(process: subprocess.Popen[bytes], words: str) -> str:
    stream = process.stdout
    fcntl.fcntl(stream, fcntl.F_SETFL, os.O_NONBLOCK)
    text, deadline = "", time.monotonic() + START_SECONDS_MAX
    while words not in text:
        assert time.monotonic() < deadline, text
        if select.select([stream], [], [], 1)[0]:
            piece = stream.read() or b""
            text += piece.decode()
            assert piece or process.poll() is None, text
    fcntl.fcntl(stream, fcntl.F_SETFL, 0)
    return text


def _page(address: str) -> int:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(address, timeout=20) as answer:
        return answer.status


def test_run_says_where_everything_is_and_interrupt_leaves_no_process(shared_state_dir: Path) -> None:
    environment = _environment(shared_state_dir)
    web, simulator = environment["WEB_PORT"], environment["SIMULATOR_PORT"]
    with _running(environment) as (process, said):
        for words in (f"http://localhost:{web}/admin/", f"http://glamour.localhost:{web}/admin/", "demo-owner-2026"):
            assert words in said
        assert _page(f"http://localhost:{web}/admin/login/") == 200
        assert _page(f"http://127.0.0.1:{simulator}/") == 200
        second = subprocess.run(
            [sys.executable, "-m", "servicepro.devstack", "run"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert (second.returncode, second.stderr) == (
            1,
            f"ServicePro already runs here (process {process.pid}): stop it with Ctrl-C there first.\n",
        )
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert processes_of(shared_state_dir) == []


def _child(run: subprocess.Popen[bytes], word: str) -> psutil.Process:
    return next(child for child in psutil.Process(run.pid).children() if word in child.cmdline())


def test_child_that_dies_is_told_of_and_started_again_until_it_dies_too_often(shared_state_dir: Path) -> None:
    with _running(_environment(shared_state_dir)) as (process, _):
        for _turn in range(2):
            (killed := _child(process, "beat")).kill()
            said = _read_until(process, "Starting the beat again")
            assert "The beat stopped by itself (ended by SIGKILL)." in said
            assert _child(process, "beat").pid != killed.pid
        _child(process, "beat").kill()
        rest, _ = process.communicate(timeout=60)
        assert process.returncode == 1
        last = rest.decode().strip().splitlines()[-1]
        assert last == f"The beat stopped 3 times within a minute: giving up (all of it: {shared_state_dir}/logs/beat.log)"
    assert processes_of(shared_state_dir) == []


def test_web_server_that_dies_answers_again_and_leaves_no_process_behind(shared_state_dir: Path) -> None:
    environment = _environment(shared_state_dir)
    with _running(environment) as (process, _):
        web = _child(process, "gunicorn")
        forked = web.children()
        web.kill()
        assert "web.log: " in _read_until(process, "Starting the web server again"), "the last lines of its log are shown"
        psutil.wait_procs(forked, timeout=10)
        deadline = time.monotonic() + 30
        while not _answers(f"http://localhost:{environment['WEB_PORT']}/healthz"):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in forked)


def _answers(address: str) -> bool:
    try:
        return _page(address) == 200
    except OSError:
        return False


def test_child_that_cannot_start_ends_the_run_with_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('line one'); raise SystemExit('no such setting')"]
    (tmp_path / "worker.log").write_text("words of an earlier run\n")
    child = Child("worker", command, environment=dict(os.environ), log=tmp_path / "worker.log")
    while not child.is_gone():
        time.sleep(0.01)
    with pytest.raises(DevstackError) as caught:
        child.require_alive()
    assert str(caught.value).splitlines()[0] == "The worker stopped by itself (exit code 1)."
    assert "no such setting" in str(caught.value) and "earlier run" not in str(caught.value)


def test_a_log_that_has_become_large_is_put_aside_once_and_its_last_words_are_still_told(tmp_path: Path) -> None:
    log, aside = tmp_path / "worker.log", tmp_path / "worker.log.1"
    for size in (LOG_BYTES_MAX, 1, LOG_BYTES_MAX):
        with log.open("ab") as output:
            output.write(b"x" * size)
        child = Child("worker", [sys.executable, "-c", "raise SystemExit('gone')"], environment=dict(os.environ), log=log)
        while not child.is_gone():
            time.sleep(0.01)
        with pytest.raises(DevstackError, match="gone"):
            child.require_alive()
    assert sorted(tmp_path.iterdir()) == [log, aside]
    assert (log.read_text(), aside.read_bytes()[:5]) == ("gone\n", b"gone\n")


def test_killed_run_takes_its_processes_along_and_the_next_one_starts(shared_state_dir: Path) -> None:
    environment = _environment(shared_state_dir)
    with _running(environment) as (process, _):
        children = psutil.Process(process.pid).children()
        process.kill()
        process.communicate(timeout=60)
        _, left = psutil.wait_procs(children, timeout=20)
        assert left == []
    with _running(environment) as (process, _):
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert processes_of(shared_state_dir) == []


@pytest.mark.parametrize("variable", ["WEB_PORT", "SIMULATOR_PORT"])
def test_busy_port_is_one_line_that_names_the_port_and_the_variable(state_dir: Path, variable: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = _devstack("run", _environment(state_dir, **{variable: str(port)}))
    assert result.returncode == 1
    advice = f"stop what uses it, or choose another one: make run {variable}={port + 1}"
    assert result.stderr == f"Port {port} is busy: {advice}\n"
    assert processes_of(state_dir) == []


@pytest.mark.parametrize("text", ["eighty", "0", "70000", "-1"])
def test_port_that_is_none_is_one_line(state_dir: Path, text: str) -> None:
    result = _devstack("run", _environment(state_dir, WEB_PORT=text))
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert result.stderr.startswith(f"WEB_PORT is not a port: '{text}'")


def test_reset_deletes_the_data_and_stops_what_uses_it(state_dir: Path) -> None:
    environment = _environment(state_dir)
    for folder in (state_dir, state_dir / "test"):
        assert _devstack("reset", environment).returncode == 0
        subprocess.run(
            [sys.executable, "manage.py", "check"],
            cwd=ROOT,
            env=environment | {"SERVICEPRO_STATE_DIR": str(folder)},
            check=True,
            capture_output=True,
        )
        assert processes_of(state_dir)
    assert _devstack("reset", environment).returncode == 0
    assert not state_dir.exists()
    assert processes_of(state_dir) == []


def test_manage_command_says_in_one_line_why_the_servers_cannot_start() -> None:
    environment = _environment(Path("/proc/servicepro"))
    result = subprocess.run([sys.executable, "manage.py", "check"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr == "The local servers could not start in /proc/servicepro: No such file or directory.\n"


def _devstack(command: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "servicepro.devstack", command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=START_SECONDS_MAX,
    )
