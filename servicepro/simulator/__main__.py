"""Run the simulator: python -m servicepro.simulator --port 8010 --state DIR."""

import argparse
import asyncio
import os
import re
import signal
import sys
from pathlib import Path

import environ
import uvloop

from servicepro.simulator.app import Simulator
from servicepro.simulator.server import HttpProtocol
from servicepro.simulator.store import Store


def live_credentials() -> str | None:
    """Return the name of a setting that looks like a live account, or None."""
    env = environ.Env()
    env.read_env(Path.cwd() / ".env")
    sid, base = env.str("TWILIO_ACCOUNT_SID", default=""), env.str("TWILIO_API_BASE_URL", default="")
    is_local = base.startswith(("http://127.0.0.1", "http://localhost"))
    if re.fullmatch(r"AC[0-9a-f]{32}", sid) and len(set(sid[2:])) > 1 and not is_local:
        return "TWILIO_ACCOUNT_SID"
    if len(env.str("SENDGRID_API_KEY", default="")) > 20:
        return "SENDGRID_API_KEY"
    return None


async def serve(host: str, port: int, store: Store) -> None:
    """Answer on `host` until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    simulator = Simulator(store)
    server = await loop.create_server(lambda: HttpProtocol(simulator.answer), host, port)
    sys.stdout.write(f"simulator on http://127.0.0.1:{server.sockets[0].getsockname()[1]}/\n")
    sys.stdout.flush()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
    server.close()


def main() -> int:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="simulator", description="Twilio and SendGrid on this machine.")
    parser.add_argument("--port", type=int, default=int(os.environ.get("SIMULATOR_PORT", "8010")))
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; anything else only inside a container's network")
    parser.add_argument("--state", type=Path, help="folder that survives a restart; without it everything stays in memory")
    parser.add_argument("--lean", action="store_true", help="keep counts only and never call back: for benches")
    options = parser.parse_args()
    name = live_credentials()
    if name:
        sys.stderr.write(f"The simulator does not run beside live credentials: unset {name} first.\n")
        return 2
    store = Store(options.state, is_lean=options.lean)
    store.open()
    try:
        uvloop.run(serve(options.host, options.port, store))
    except OSError as problem:
        sys.stderr.write(f"Port {options.port} is busy: set SIMULATOR_PORT to another one. ({problem.strerror})\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
