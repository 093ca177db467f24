"""Run the simulator: python -m servicepro.simulator --port 8010 --state DIR."""

import argparse
import asyncio
import re
import signal
import sys
from pathlib import Path

import environ
import uvloop

from servicepro.simulator.app import Simulator
from servicepro.simulator.server import HttpProtocol
from servicepro.simulator.store import ACCOUNT_SID, SENDGRID_KEY, Store


def live_credential(env: environ.Env) -> str | None:
    """Return the name of a setting that looks like a live account's, or None."""
    sid, token, key = (env.str(name, default="") for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "SENDGRID_API_KEY"))
    if re.fullmatch(r"AC[0-9a-fA-F]{32}", sid) and sid != ACCOUNT_SID:
        return "TWILIO_ACCOUNT_SID"
    if re.fullmatch(r"[0-9a-fA-F]{32}", token):
        return "TWILIO_AUTH_TOKEN"
    if len(key) > 20 and key != SENDGRID_KEY:
        return "SENDGRID_API_KEY"
    return None


async def serve(host: str, port: int, store: Store) -> None:
    """Answer on `host` until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    simulator = Simulator(store)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    server = await loop.create_server(lambda: HttpProtocol(simulator.answer), host, port)
    sys.stdout.write(f"simulator on http://127.0.0.1:{server.sockets[0].getsockname()[1]}/\n")
    sys.stdout.flush()
    await stopped.wait()
    server.close()
    await simulator.caller.close()


def main() -> int:
    """Parse the command line and run."""
    env = environ.Env()
    env.read_env(Path.cwd() / ".env")
    parser = argparse.ArgumentParser(prog="simulator", description="Twilio and SendGrid on this machine.")
    parser.add_argument("--port", type=int, default=env.int("SIMULATOR_PORT", default=8010))
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; anything else only inside a container's network")
    parser.add_argument("--state", type=Path, help="folder that survives a restart; without it everything stays in memory")
    parser.add_argument("--lean", action="store_true", help="keep counts only and never call back: for benches")
    options = parser.parse_args()
    name = live_credential(env)
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
