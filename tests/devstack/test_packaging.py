"""The files around the stack: make's targets, the preparation of .venv, the compose file."""

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from servicepro.devstack.children import application_commands
from servicepro.devstack.plan import ROOT, isolated_plan, owners_plan
from tests.support.workers import FIRST, TOGETHER


@pytest.mark.parametrize("target", ["help", "run", "stop", "reset", "demo", "test", "check", "drills", "bench", "format", "lock"])
def test_make_knows_the_target(target: str) -> None:
    subprocess.run(["make", "--dry-run", target], cwd=ROOT, check=True, capture_output=True)
    assert f"make {target} " in subprocess.run(["make", "help"], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def test_readme_leads_to_every_guide_and_names_files_that_exist() -> None:
    text = (ROOT / "README.md").read_text()
    linked = {target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target}
    assert {str(path.relative_to(ROOT)) for path in (ROOT / "docs" / "guides").glob("*.md")} <= linked
    named = linked | set(re.findall(r"`(docs/[\w./-]+)`", text))
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_what_the_suite_begins_with_is_there() -> None:
    modules = [str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py")]
    assert [start for start in (*FIRST, *TOGETHER) if not any(module.startswith(start) for module in modules)] == []


def test_scripts_parse() -> None:
    subprocess.run(["sh", "-n", str(ROOT / "bin" / "prepare")], check=True)
    subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")], check=True)
    assert os.access(ROOT / "bin" / "prepare", os.X_OK) and os.access(ROOT / ".ci" / "run", os.X_OK)


def _prepare(tmp_path: Path, python: str, df: str = "") -> subprocess.CompletedProcess[str]:
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
    if df:
        (tools / "df").unlink()
        (tools / "df").write_text(df)
        (tools / "df").chmod(0o755)
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


def test_full_disk_is_one_line_before_anything_is_installed(tmp_path: Path) -> None:
    result = _prepare(tmp_path, "#!/bin/sh\nexit 0\n", df="#!/bin/sh\necho Filesystem\necho /dev/x 9000000 8900000 100000 99% /\n")
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert result.stderr == "The disk is full: 97 MB are free here, the packages and the database need 1000 MB.\n"
    assert not (tmp_path / ".venv").exists()


def _compose_services() -> dict[str, str]:
    text = (ROOT / "docker-compose.yml").read_text()
    parts = re.split(r"(?m)^  (\w+):$", text.split("\nservices:\n")[1].split("\nvolumes:\n")[0])
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text().replace("\\\n", " ")


def _options(words: list[str]) -> dict[str, str]:
    """Return the options of a command with their values; one without a value has a blank."""
    pairs = itertools.pairwise([*words, "--"])
    return {word: "" if after.startswith("-") else after for word, after in pairs if word.startswith("-")}


@pytest.mark.parametrize(("name", "own"), [("worker", set()), ("beat", {"--pidfile", "--schedule"})])
def test_containers_run_the_commands_of_the_desk(name: str, own: set[str], tmp_path: Path) -> None:
    desk = application_commands(isolated_plan(tmp_path))[name][2:]
    container = re.search(r"(?m)^    command: (.+)$", _compose_services()[name])[1].split()
    assert container[:4] == desk[:4]
    assert set(_options(container)) == set(_options(desk))
    assert {key: value for key, value in _options(container).items() if key not in own} == {
        key: value for key, value in _options(desk).items() if key not in own
    }


def test_the_images_web_server_is_the_desks_with_more_hands(tmp_path: Path) -> None:
    desk = application_commands(isolated_plan(tmp_path))["web server"][2:]
    container = json.loads(re.search(r"(?m)^CMD (\[.+\])$", _dockerfile())[1])
    assert container[:2] == desk[:2]
    sized = {"--bind", "--workers", "--threads"}
    differs = dict(_options(desk).items() - _options(container).items())
    assert set(differs) <= sized and set(_options(desk)) <= set(_options(container))
    port = _options(container)["--bind"].rpartition(":")[2]
    assert f":{port}/healthz" in _dockerfile() and f"EXPOSE {port}" in _dockerfile() and f'}}:{port}"' in _compose_services()["web"]


def test_every_variable_of_the_compose_file_is_in_the_example() -> None:
    wanted = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    assert wanted >= {"POSTGRES_PASSWORD", "WEB_BIND"}
    assert wanted - set(re.findall(r"(?m)^#?(\w+)=", (ROOT / ".env.example").read_text())) == set()


def test_only_the_web_server_is_reachable_from_outside() -> None:
    services = _compose_services()
    assert {name for name, body in services.items() if "ports:" in body} == {"web"}
    assert all("state:/state" in services[name] for name in ("web", "simulator")), "web checks events with the simulator's key"


def test_image_holds_what_runs_and_no_secret() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert rules[0] == "*", "what is not named stays out: .env, keys.backup, dumps, lists of customers"
    local = {app.split(".")[0] for app in django_settings.INSTALLED_APPS if (ROOT / app.split(".")[0]).is_dir()}
    named = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    assert named == local | {"servicepro", "static", "templates", "manage.py", "requirements.txt"}
    assert "**/.env*" in rules


def test_image_runs_as_nobody_special_and_keeps_no_setting() -> None:
    last = _dockerfile().split("\nFROM ")[-1]
    assert last.index("COPY . .") < last.index("\nUSER servicepro") < last.index("\nCMD ")
    assert re.search(r"useradd --system --uid [1-9]\d+ ", last)
    kept = "".join(re.findall(r"(?m)^(?:ENV|ARG) .*$", _dockerfile()))
    assert not re.search(r"KEY|TOKEN|PASSWORD|DATABASE_URL|REDIS_URL|SID", kept)


def test_image_can_be_built_from_the_files_it_is_given(tmp_path: Path) -> None:
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    for name in (rule.removeprefix("!") for rule in rules if rule.startswith("!")):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name, **({"ignore": shutil.ignore_patterns("__pycache__")} if copy is shutil.copytree else {}))
    step = re.search(r"RUN (DEBUG=0.+?python manage\.py collectstatic.+?) &&", _dockerfile())[1]
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "DJANGO_SETTINGS_MODULE": "servicepro.settings"}
    result = subprocess.run(["/bin/sh", "-c", step], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "staticfiles" / "css" / "portal.css").is_file()
    assert not list(tmp_path.glob(".local")) and not list(tmp_path.glob("**/keys.env"))


def test_compose_file_names_every_part_and_waits_for_the_migration() -> None:
    bodies = _compose_services()
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
