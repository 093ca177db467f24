"""A worker that dies: it writes a list, or takes one back, like any other and kills itself with SIGKILL at a named point.

The point is laid around the service's own function from outside, so that the code under test is the code that runs.
"""

import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
ROWS_AT_ONCE = 10  # so that a short list has several batches


def die(work: str, batch: Any, point: str, *, calls: int = 1, when: str = "after") -> bool:
    """Run a process that writes (`applying`) or takes back (`undoing`) a list of the test database and dies around a function's
    call; tell whether it died there."""
    from django.conf import settings
    from django.db import connection

    database = urlsplit(os.environ["DATABASE_URL"])._replace(path="/" + settings.DATABASES["default"]["TEST"]["NAME"])
    command = [sys.executable, "-m", "tests.customers.import_worker", work, connection.schema_name, str(batch.pk), point, str(calls), when]
    environment = os.environ | {"DATABASE_URL": database.geturl(), "DJANGO_SETTINGS_MODULE": "servicepro.settings"}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60)
    if done.returncode not in (0, -signal.SIGKILL):
        raise AssertionError(done.stderr.decode())
    return done.returncode == -signal.SIGKILL


def when_free(work: Callable[[], Any]) -> Any:
    """Do something as soon as the database has noticed that the last worker is gone."""
    from customers.errors import ImportBusy

    for _attempt in range(100):
        try:
            return work()
        except ImportBusy:
            time.sleep(0.05)
    return work()


def _dying(function: Callable[..., Any], calls: int, when: str) -> Callable[..., Any]:
    left = [calls]

    def wrapped(*arguments: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] == 0 and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = function(*arguments, **named)
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    return wrapped


def main(work: str, schema: str, batch_id: str, point: str, calls: str, when: str) -> None:
    """Write or take back the list until the point is reached."""
    import django

    django.setup()
    from django_tenants.utils import schema_context

    from customers.selectors import import_by_id

    module = importlib.import_module(f"customers.services.imports.{work}")
    module.BATCH_ROWS = ROWS_AT_ONCE
    setattr(module, point, _dying(getattr(module, point), int(calls), when))
    with schema_context(schema):
        batch = import_by_id(batch_id)
        module.apply_import(batch) if work == "applying" else module.undo_import(batch, None)


if __name__ == "__main__":
    main(*sys.argv[1:])
