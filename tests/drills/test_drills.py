"""Workers are killed with kill -9 in mid-blast; nobody is lost and nobody is texted twice."""

import json
import os
import subprocess
import sys

import pytest


@pytest.mark.drill
def test_killed_workers_lose_nobody_and_repeat_nothing(tmp_path):
    environment = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")}
    command = [sys.executable, "-m", "bench.drills", "--kills", "12", "--targets", "120", "--seed", "7"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=300, env=environment | {"SERVICEPRO_STATE_DIR": str(tmp_path / "state")}
    )
    try:
        assert done.returncode == 0, done.stdout + done.stderr
        report = json.loads(done.stdout)
        assert report["kills"] >= 12 and report["broken"] == []
    finally:
        subprocess.run(
            [
                sys.executable,
                "-c",
                f"from pathlib import Path; from servicepro.devstack.servers import stop; stop(Path({str(tmp_path / 'state')!r}))",
            ],
            timeout=60,
        )
