"""The files around the stack: make's targets, the preparation of .venv, the compose file."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from servicepro.devstack.plan import ROOT, isolated_plan, owners_plan


@pytest.mark.parametrize("target", ["help", "run", "stop", "reset", "demo", "test", "check", "drills", "bench", "format", "lock"])
def test_make_knows_the_target(target: str) -> None:
    subprocess.run(["make", "--dry-run", target], cwd=ROOT, check=True, capture_output=True)
    assert f"make {target} " in subprocess.run(["make", "help"], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def test_scripts_parse() -> None:
    subprocess.run(["sh", "-n", str(ROOT / "bin" / "prepare")], check=True)
    subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")], check=True)
    assert os.access(ROOT / "bin" / "prepare", os.X_OK) and os.access(ROOT / ".ci" / "run", os.X_OK)


def _prepare(tmp_path: Path, python: str) -> subprocess.CompletedProcess[str]:
    """Run the preparation in a clone without .venv, on a machine where `python3` is the script `python`."""
    (tmp_path / "bin").mkdir()
    shutil.copy(ROOT / "bin" / "prepare", tmp_path / "bin" / "prepare")
    (tmp_path / "requirements.txt").write_text("")
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("dirname", "cmp", "df", "awk"):
        (tools / tool).symlink_to(shutil.which(tool))
    if python:
        (tools / "python3").write_text(python)
        (tools / "python3").chmod(0o755)
    environment = {"PATH": str(tools)}
    return subprocess.run(
        ["/bin/sh", str(tmp_path / "bin" / "prepare"), "requirements.txt"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_old_python_is_one_line_that_names_its_version(tmp_path: Path) -> None:
    result = _prepare(tmp_path, '#!/bin/sh\ncase "$2" in *platform*) echo "version 3.9.2";; *) exit 1;; esac\n')
    assert result.returncode == 1
    assert result.stderr.startswith("ServicePro needs Python 3.11 or newer; python3 here is version 3.9.2.")
    assert result.stderr.count("\n") == 1


def test_missing_python_is_one_line(tmp_path: Path) -> None:
    result = _prepare(tmp_path, "")
    assert result.returncode == 1
    assert result.stderr.startswith("ServicePro needs Python 3.11 or newer; python3 here is missing.")
    assert result.stderr.count("\n") == 1


def test_compose_file_names_every_part_and_waits_for_the_migration() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    services = text.split("\nservices:\n")[1].split("\nvolumes:\n")[0]
    parts = re.split(r"(?m)^  (\w+):$", services)
    bodies = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert set(bodies) == {"postgres", "valkey", "migrate", "web", "worker", "beat", "simulator"}
    assert all("healthcheck:" in bodies[name] for name in ("postgres", "valkey", "worker", "beat", "simulator"))
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()
    assert all("condition" in bodies[name] or "*after_migration" in bodies[name] for name in ("web", "worker", "beat"))


def test_isolated_stack_blanks_every_live_account_whatever_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "0123456789abcdef" * 2)
    monkeypatch.setenv("DATABASE_URL", "postgres://live.example/live")
    plan = isolated_plan(tmp_path)
    assert (plan.environment["TWILIO_ACCOUNT_SID"], plan.environment["DATABASE_URL"]) == ("", "")
    assert plan.needs_servers and plan.needs_simulator


def test_simulator_is_left_out_where_both_accounts_are_live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "0123456789abcdef" * 2)
    monkeypatch.setenv("SENDGRID_API_KEY", "")
    assert owners_plan().needs_simulator
    monkeypatch.setenv("SENDGRID_API_KEY", "SG.live")
    assert not owners_plan().needs_simulator
