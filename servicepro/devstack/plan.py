"""What a stack consists of: its folder, ports and environment, read from the same settings the application reads."""

import os
from dataclasses import dataclass
from pathlib import Path

import environ

from servicepro.devstack.errors import DevstackError
from servicepro.devstack.ports import free_ports

ROOT = Path(__file__).resolve().parents[2]
# What ties a stack to somebody's real accounts or servers; blank means the embedded or simulated part.
OUTSIDE = (
    "DATABASE_URL",
    "REDIS_URL",
    "CELERY_BROKER_URL",
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_API_BASE_URL",
    "TWILIO_FROM_NUMBER",
    "TWILIO_MESSAGING_SERVICE_SID",
    "SENDGRID_API_KEY",
    "SENDGRID_API_BASE_URL",
    "SENDGRID_WEBHOOK_PUBLIC_KEY",
)
CREDENTIALS = tuple(name for name in OUTSIDE if name.startswith(("TWILIO_", "SENDGRID_")))


@dataclass(frozen=True, slots=True)
class Plan:
    """One stack: `environment` is what its processes run with."""

    state_dir: Path
    web_port: int
    simulator_port: int
    environment: dict[str, str]
    needs_servers: bool
    needs_simulator: bool

    @property
    def logs(self) -> Path:
        """Return the folder of the log files."""
        return self.state_dir / "logs"


def owners_plan() -> Plan:
    """Return the stack of `make run`: the environment and `.env` decide, as they do for manage.py.

    Raises DevstackError when a port is not one.
    """
    env = environ.Env()
    env.read_env(ROOT / ".env")
    web_port, simulator_port = _port(env, "WEB_PORT", 8000), _port(env, "SIMULATOR_PORT", 8010)
    state_dir = Path(env.str("SERVICEPRO_STATE_DIR", default="") or ROOT / ".local").resolve()
    return Plan(
        state_dir=state_dir,
        web_port=web_port,
        simulator_port=simulator_port,
        environment=_environment(state_dir, web_port, simulator_port),
        needs_servers=not (env.str("DATABASE_URL", default="") and env.str("REDIS_URL", default="")),
        needs_simulator=not (env.str("TWILIO_ACCOUNT_SID", default="") and env.str("SENDGRID_API_KEY", default="")),
    )


def isolated_plan(state_dir: Path) -> Plan:
    """Return a stack that touches nothing outside `state_dir`: free ports, no live account, whatever `.env` says."""
    web_port, simulator_port = free_ports(2)
    fixed = dict.fromkeys(OUTSIDE, "") | {
        "DEBUG": "1",
        "ALLOWED_HOSTS": "*",
        "PUBLIC_SCHEME": "http",
        "PUBLIC_PORT": str(web_port),
        "SIMULATOR_URL": f"http://127.0.0.1:{simulator_port}",
    }
    return Plan(
        state_dir=state_dir,
        web_port=web_port,
        simulator_port=simulator_port,
        environment=_environment(state_dir, web_port, simulator_port) | fixed,
        needs_servers=True,
        needs_simulator=True,
    )


def _port(env: environ.Env, variable: str, default: int) -> int:
    text = env.str(variable, default="") or str(default)
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise DevstackError(f"{variable} is not a port: {text!r}; give a number up to 65535, for example {variable}={default + 1}.")
    return int(text)


def _environment(state_dir: Path, web_port: int, simulator_port: int) -> dict[str, str]:
    return os.environ | {
        "SERVICEPRO_STATE_DIR": str(state_dir),
        "WEB_PORT": str(web_port),
        "SIMULATOR_PORT": str(simulator_port),
        "DJANGO_SETTINGS_MODULE": "servicepro.settings",
        "PYTHONUNBUFFERED": "1",
    }
