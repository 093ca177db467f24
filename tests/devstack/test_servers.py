"""The embedded servers: one of each, whoever asks, whatever was killed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import unquote

import environ
import psutil
import psycopg
import pytest
import redis

from servicepro.devstack import errors
from servicepro.devstack.errors import DevstackError
from servicepro.devstack.log_files import LOG_BYTES_MAX
from servicepro.devstack.plan import ROOT
from servicepro.devstack.processes import read_pid
from servicepro.devstack.servers import Servers, are_running, ensure_running, stop
from tests.devstack.conftest import processes_of


def _query(servers: Servers, statement: str) -> object:
    config = environ.Env.db_url_config(servers.database_url)
    with psycopg.connect(host=unquote(config["HOST"]), user=config["USER"], dbname=config["NAME"], autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None


def _kill(state_dir: Path) -> None:
    pids = [read_pid(state_dir / "postgres" / "postmaster.pid"), read_pid(state_dir / "valkey.pid")]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)], timeout=10)


def _server_count(state_dir: Path) -> tuple[int, int]:
    lines = [" ".join(process.cmdline()) for process in processes_of(state_dir)]
    return sum(" -D " in line for line in lines), sum("valkey-server" in line for line in lines)


def test_servers_take_queries_and_keep_to_unix_sockets(state_dir: Path) -> None:
    servers = ensure_running(state_dir)
    assert _query(servers, "SELECT current_setting('listen_addresses')") == ""
    assert _query(servers, "SELECT lower('ÄÉ') || current_setting('server_encoding') || current_setting('fsync')") == "äéUTF8on"
    for extension in ("btree_gist", "pg_trgm"):
        _query(servers, f"CREATE EXTENSION {extension}")
    valkey = redis.from_url(servers.redis_url)
    assert valkey.ping()
    assert valkey.config_get("port") == {"port": "0"} or valkey.config_get("port") == {b"port": b"0"}


def test_sockets_are_reachable_by_their_owner_alone(state_dir: Path) -> None:
    ensure_running(state_dir)
    assert (state_dir / "postgres").stat().st_mode & 0o077 == 0
    assert (state_dir / "valkey.sock").stat().st_mode & 0o077 == 0


def _seconds_to_find(state_dir: Path, expected: Servers) -> float:
    started = time.perf_counter()
    assert ensure_running(state_dir) == expected
    return time.perf_counter() - started


def test_second_call_finds_the_same_servers_within_50_ms(state_dir: Path) -> None:
    first = ensure_running(state_dir)
    pid = read_pid(state_dir / "postgres" / "postmaster.pid")
    assert min(_seconds_to_find(state_dir, first) for _turn in range(5)) < 0.05  # the quickest: others use the cores as well
    assert read_pid(state_dir / "postgres" / "postmaster.pid") == pid


def test_eight_processes_that_come_first_at_once_get_one_server(state_dir: Path) -> None:
    program = "import sys, pathlib; from servicepro.devstack.servers import *; print(ensure_running(pathlib.Path(sys.argv[1])))"
    command = [sys.executable, "-c", program, str(state_dir)]
    racers = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(8)]
    answers = [racer.communicate(timeout=60) for racer in racers]
    assert {racer.returncode for racer in racers} == {0}, answers
    assert len({answer[0] for answer in answers}) == 1
    assert _server_count(state_dir) == (1, 1)
    assert are_running(state_dir)  # they outlive the processes that started them


def test_killed_servers_come_back_with_the_data(state_dir: Path) -> None:
    _query(ensure_running(state_dir), "CREATE TABLE kept AS SELECT 42 AS answer")
    _kill(state_dir)
    assert not are_running(state_dir)
    assert _query(ensure_running(state_dir), "SELECT answer FROM kept") == 42
    assert _server_count(state_dir) == (1, 1)


def test_stale_pid_file_that_names_a_stranger_is_no_obstacle_and_no_target(state_dir: Path) -> None:
    ensure_running(state_dir)
    _kill(state_dir)
    with subprocess.Popen(["sleep", "60"]) as stranger:
        pid_file = state_dir / "postgres" / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        (state_dir / "valkey.pid").write_text(f"{stranger.pid}\n")
        try:
            assert _query(ensure_running(state_dir), "SELECT 1") == 1
            stop(state_dir)
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_folder_deleted_while_the_servers_ran_starts_over(state_dir: Path) -> None:
    ensure_running(state_dir)
    shutil.rmtree(state_dir)
    assert _query(ensure_running(state_dir), "SELECT 1") == 1
    assert _server_count(state_dir) == (1, 1)


def test_long_and_oddly_spelt_folders_use_a_short_private_one(tmp_path: Path) -> None:
    folder = tmp_path / ("long, odd " * 12).strip()
    try:
        servers = ensure_running(folder)
        socket_dir = Path(unquote(environ.Env.db_url_config(servers.database_url)["HOST"]))
        assert _query(servers, "SELECT 1") == 1
        assert redis.from_url(servers.redis_url).ping()
        assert socket_dir.stat().st_mode & 0o077 == 0
    finally:
        stop(folder)
    assert not socket_dir.exists()
    assert not processes_of(folder)


def test_stop_leaves_no_process_and_may_be_repeated(state_dir: Path) -> None:
    ensure_running(state_dir)
    stop(state_dir)
    stop(state_dir)
    assert _server_count(state_dir) == (0, 0)
    assert not are_running(state_dir)


def test_full_disk_is_one_sentence(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "FREE_BYTES_MIN", 2**60)
    with pytest.raises(DevstackError, match=r"^The disk is full: \d+ MB are free under .*$"):
        ensure_running(state_dir)


def test_large_logs_of_the_servers_are_put_aside_when_they_start(state_dir: Path) -> None:
    logs = state_dir / "logs"
    logs.mkdir(parents=True)
    for name in ("postgres.log", "valkey.log"):
        (logs / name).touch()
        os.truncate(logs / name, LOG_BYTES_MAX + 1)
    ensure_running(state_dir)
    assert {path.name for path in logs.iterdir()} == {"postgres.log", "postgres.log.1", "valkey.log", "valkey.log.1"}
    assert max((logs / name).stat().st_size for name in ("postgres.log", "valkey.log")) < LOG_BYTES_MAX


def test_start_that_fails_is_one_sentence_with_the_reason_and_the_log(state_dir: Path) -> None:
    ensure_running(state_dir)
    stop(state_dir)
    with (state_dir / "postgres" / "postgresql.conf").open("a") as config:
        config.write("shared_buffers = nonsense\n")
    with pytest.raises(DevstackError, match=r"^PostgreSQL did not start: .+ \(log: .+postgres\.log\)\.$"):
        ensure_running(state_dir)


def test_folder_that_cannot_be_made_is_one_sentence() -> None:
    with pytest.raises(DevstackError, match=r"^The local servers could not start in /proc/servicepro: .+\.$"):
        ensure_running(Path("/proc/servicepro"))
