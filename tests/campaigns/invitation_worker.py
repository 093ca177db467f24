"""A worker that dies: it drains an invitation of the test database and kills itself with SIGKILL around a named function's call."""

import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
ENGINE, RECORDING, DELIVERY = "campaigns.services.drain", "campaigns.services.recording", "messaging.services.delivery"
STARTING = "campaigns.services.starting"


def die(campaign: Any, module: str, point: str, *, when: str, act: str = "drain") -> bool:
    """Drain, or start what is due, in a process of its own that dies `before` or `after` a function's first call; tell whether it died there."""
    from django.conf import settings
    from django.db import connection

    database = urlsplit(os.environ["DATABASE_URL"])._replace(path="/" + settings.DATABASES["default"]["TEST"]["NAME"])
    environment = os.environ | {
        "DATABASE_URL": database.geturl(),
        "TWILIO_API_BASE_URL": settings.TWILIO_API_BASE_URL,
        "SENDGRID_API_BASE_URL": settings.SENDGRID_API_BASE_URL,
        "DJANGO_SETTINGS_MODULE": "servicepro.settings",
    }
    command = [
        sys.executable,
        "-m",
        "tests.campaigns.invitation_worker",
        connection.schema_name,
        str(campaign.pk),
        module,
        point,
        when,
        act,
    ]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60)
    if done.returncode not in (0, -signal.SIGKILL):
        raise AssertionError(done.stderr.decode())
    return done.returncode == -signal.SIGKILL


def _dying(function: Callable[..., Any], when: str) -> Callable[..., Any]:
    def wrapped(*arguments: Any, **named: Any) -> Any:
        if when == "after":
            function(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    return wrapped


def main(schema: str, campaign_id: str, module: str, point: str, when: str, act: str) -> None:
    """Drain, or start, until the point is reached."""
    import django

    django.setup()
    from django_tenants.utils import tenant_context

    from campaigns.selectors import campaign_by_id
    from tenants.selectors import tenant_by_schema

    engine, of_point = importlib.import_module(ENGINE), importlib.import_module(module)
    setattr(of_point, point, _dying(getattr(of_point, point), when))
    with tenant_context(tenant_by_schema(schema)):
        if act == "start":
            importlib.import_module(STARTING).start_due_campaigns()
        else:
            engine.drain(campaign_by_id(int(campaign_id)), seconds=5)


if __name__ == "__main__":
    main(*sys.argv[1:])
