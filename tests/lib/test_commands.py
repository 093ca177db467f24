"""Only a process that is a command sets its collector; one that calls a command keeps its own."""

import gc
from collections.abc import Iterator

import pytest
from django.core.management import call_command

from servicepro.lib.collector import THRESHOLDS
from servicepro.lib.commands import ServiceCommand

OWN = (600, 9, 9)


class Look(ServiceCommand):
    """A command that does nothing."""

    requires_system_checks = []

    def run(self, **options: object) -> None:
        return


@pytest.fixture(autouse=True)
def own_collector() -> Iterator[None]:
    """Set what nobody else does, and what was before afterwards."""
    before = gc.get_threshold()
    gc.set_threshold(*OWN)
    yield
    gc.set_threshold(*before)


def test_the_command_line_relaxes_the_collector() -> None:
    Look().run_from_argv(["manage.py", "look"])
    assert gc.get_threshold() == THRESHOLDS


def test_a_command_called_from_python_leaves_the_collector_alone() -> None:
    call_command(Look())
    assert gc.get_threshold() == OWN
