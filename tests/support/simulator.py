"""Run the real simulator as a process of its own, on a free port."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any


class SimulatorControl:
    """The control API of a simulator that runs already."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def control(self, method: str, name: str, payload: Any = None) -> Any:
        """Use the simulator's control API."""
        data = None if payload is None else json.dumps(payload).encode()
        request = urllib.request.Request(f"{self.base_url}/control/{name}", data, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read().decode()
        return json.loads(text) if text.startswith(("{", "[")) else text

    def faults(self, **settings: Any) -> None:
        """Misbehave from now on."""
        self.control("POST", "faults", settings)

    def behave(self) -> None:
        """Stop misbehaving."""
        self.control("DELETE", "faults")

    def texts(self, to: str | None = None) -> list[dict[str, Any]]:
        """Return the texts that were taken (sent by the application)."""
        found = self.control("GET", "messages")["texts"]
        return [text for text in found if text["direction"] == "outbound-api" and to in (None, text["to"])]

    def emails(self, to: str | None = None) -> list[dict[str, Any]]:
        """Return the emails that were taken."""
        return [mail for mail in self.control("GET", "messages")["emails"] if to in (None, mail["to"])]

    def stats(self) -> dict[str, int]:
        """Return the counts that prove or disprove a repeat."""
        return self.control("GET", "stats")

    def reset(self) -> None:
        """Forget messages, block lists and faults."""
        self.behave()
        self.control("POST", "reset")


class SimulatorProcess(SimulatorControl):
    """The simulator, started for tests."""

    def __init__(self, state: Path | None = None, *, is_lean: bool = False) -> None:
        command = [sys.executable, "-m", "servicepro.simulator", "--port", "0"]
        command += ["--state", str(state)] if state else []
        command += ["--lean"] if is_lean else []
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        super().__init__(self.process.stdout.readline().split()[-1].rstrip("/"))

    def stop(self) -> None:
        """Stop it."""
        self.process.terminate()
        self.process.wait(10)
