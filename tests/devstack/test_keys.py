"""The keys of a local stack: made once, private, whole."""

import base64
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from servicepro.devstack.errors import DevstackError
from servicepro.devstack.keys import local_keys
from servicepro.devstack.plan import ROOT


def test_keys_are_made_once_and_readable_by_their_owner_alone(tmp_path: Path) -> None:
    first = local_keys(tmp_path / "s")
    assert local_keys(tmp_path / "s") == first
    assert stat.S_IMODE((tmp_path / "s" / "keys.env").stat().st_mode) == 0o600
    assert len(first["SECRET_KEY"]) >= 50
    assert len(base64.b64decode(first["ADDRESS_KEY"])) == 32
    assert [path.name for path in (tmp_path / "s").iterdir()] == ["keys.env"]


def test_two_stacks_have_different_keys(tmp_path: Path) -> None:
    assert not set(local_keys(tmp_path / "a").values()) & set(local_keys(tmp_path / "b").values())


def test_processes_that_come_first_at_once_get_the_same_keys(tmp_path: Path) -> None:
    program = "import sys, pathlib; from servicepro.devstack.keys import *; print(local_keys(pathlib.Path(sys.argv[1])))"
    command = [sys.executable, "-c", program, str(tmp_path / "s")]
    racers = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(8)]
    assert len({racer.communicate(timeout=30)[0] for racer in racers}) == 1


def test_folder_that_cannot_be_made_is_one_sentence() -> None:
    with pytest.raises(DevstackError, match=r"^The local servers could not start in /proc/servicepro: .+\.$"):
        local_keys(Path("/proc/servicepro"))
