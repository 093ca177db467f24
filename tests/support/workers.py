"""How the suite is shared among the workers of `make test`."""

from collections.abc import Sequence

import pytest
from xdist.remote import Producer
from xdist.scheduler.loadscope import LoadScopeScheduling

# What takes longest is begun first, so that nobody waits for it at the end.
FIRST = (
    "tests/drills/",
    "tests/browser/",
    "tests/devstack/test_run.py",
    "tests/portal/test_codes.py",
    "tests/customers/test_import_",
)
TOGETHER = ("tests/drills/", "tests/browser/")  # their packages start processes that every test of theirs needs


class ByFile(LoadScopeScheduling):
    """Give whole files to a worker, and whole folders where starting what they need is dear."""

    def _split_scope(self, nodeid: str) -> str:
        folder = next((folder for folder in TOGETHER if nodeid.startswith(folder)), None)
        return folder or nodeid.partition("::")[0]


def share(config: pytest.Config, log: Producer) -> ByFile:
    """Return how tests are shared: in the order of `sort`."""
    config.option.loadscopereorder = False
    return ByFile(config, log)


def sort(items: list[pytest.Item]) -> None:
    """Put first what takes longest."""
    items.sort(key=lambda item: _rank(item.nodeid, FIRST))


def _rank(nodeid: str, first: Sequence[str]) -> int:
    return next((rank for rank, start in enumerate(first) if nodeid.startswith(start)), len(first))
