"""The browser of the browser tests: the system's Chromium, installed where that is possible."""

import os
import shutil
import subprocess
import time

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL_SECONDS_MAX = 600
APT_OPTIONS = ["-y", "-q", "-o", "Acquire::http::Timeout=30", "-o", "Acquire::Retries=1", "-o", "DPkg::Lock::Timeout=60"]


def find_chromium() -> str | None:
    """Return the path of the system's Chromium or Chrome, None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def install_chromium() -> str:
    """Install Chromium with apt-get where it is missing and we may; return one line that says what the tests have."""
    found = find_chromium()
    if found:
        return f"Browser tests use {found}."
    skipped = "Browser tests will be skipped: no Chromium here"
    if not shutil.which("apt-get"):
        return f"{skipped}, and no apt-get to install it."
    if os.geteuid() != 0:
        return f"{skipped}; install it with: sudo apt-get install chromium"
    print("Installing Chromium for the browser tests …", flush=True)
    reason = _apt_install("chromium")
    found = find_chromium()
    return f"Browser tests use {found}." if found else f"{skipped}, and apt-get could not install it: {reason}"


def _apt_install(package: str) -> str:
    """Update the lists and install `package`; return the last line apt-get said."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    deadline = time.monotonic() + INSTALL_SECONDS_MAX
    last = ""
    for command in (["apt-get", *APT_OPTIONS, "update"], ["apt-get", *APT_OPTIONS, "install", "--no-install-recommends", package]):
        try:
            result = subprocess.run(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=max(1.0, deadline - time.monotonic()),
            )
        except subprocess.TimeoutExpired:
            return f"no answer within {INSTALL_SECONDS_MAX} seconds."
        lines = [line for line in (result.stdout + result.stderr).splitlines() if line.strip()]
        last = lines[-1] if lines else f"exit code {result.returncode}"
    return last
