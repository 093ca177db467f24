"""Every command the guide about customer lists shows works as shown."""

import csv
import re
import shlex
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from customers.models import Customer
from tenants.models import Tenant

GUIDE = Path(__file__).parent.parent.parent / "docs" / "guides" / "import.md"
COMMANDS = re.findall(r"^\.venv/bin/python manage\.py (.+)$", GUIDE.read_text(), re.MULTILINE)
LIST = "Name,Handy,Remarks\r\nAna,512-555-0142,Likes wax\r\nBo,5550,\r\n"


@pytest.fixture
def folder(tenant: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clients.csv").write_text(LIST)
    return tmp_path


def call(line: str) -> int:
    """Call a command of the guide for the test's business and return its exit code."""
    try:
        call_command(*shlex.split(line.replace("cleanmachine", "shop")))
    except CommandError as error:
        return error.returncode
    return 0


def test_the_guide_has_ten_steps_at_most_and_shows_commands():
    steps = re.findall(r"^\d+\. ", GUIDE.read_text(), re.MULTILINE)
    assert steps == [f"{number}. " for number in range(1, len(steps) + 1)] and len(steps) <= 10
    assert len(COMMANDS) == 3


def test_the_guides_commands_in_order_do_what_it_says(folder: Path, capsys: pytest.CaptureFixture):
    dry, mapped, replacing = COMMANDS
    assert call(dry) == 3 and Customer.objects.count() == 0
    assert call(mapped) == 3
    ana = Customer.objects.get()
    assert (ana.name, ana.phone, ana.notes) == ("Ana", "+15125550142", "Likes wax")
    with (folder / "rows-to-fix.csv").open(encoding="utf-8-sig", newline="") as report:
        assert [row["Handy"] for row in csv.DictReader(report)] == ["5550"]
    (folder / "clients.csv").write_text(LIST.replace("Ana,", "Ana Ruiz,").replace("5550,", "512-555-0143,"))
    assert call(replacing) == 0
    assert set(Customer.objects.values_list("name", flat=True)) == {"Ana Ruiz", "Bo"}
    assert "Would happen:" in capsys.readouterr().out


def test_a_list_that_cannot_be_read_changes_nothing_and_exits_with_1(folder: Path):
    (folder / "clients.csv").write_text("Name,Handy\r\n")
    assert call(COMMANDS[-1]) == 1 and Customer.objects.count() == 0
