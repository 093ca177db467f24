"""Run the benches and print one JSON: python -m bench [name …]."""

import json
import os
import subprocess
import sys
from pathlib import Path

NAMES = (
    "audience",
    "blast",
    "blast_memory",
    "consolidation",
    "customer_import",
    "email_blast",
    "google_voice",
    "lighthouse",
    "loyalty_pages",
    "onboarding_analytics",
    "tenant_request",
)


def main(names: list[str]) -> int:
    """Run each bench in a process of its own; an unknown name is refused before anything runs."""
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"There is no bench {unknown[0]}; choose from {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    report, code = {}, 0
    for name in names or NAMES:
        done = subprocess.run(
            [sys.executable, "-m", f"bench.{name}"], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).resolve().parent.parent
        )
        is_missing = done.returncode == os.EX_UNAVAILABLE and not names  # it said what it needs; asked for all, the others count
        code = code or (0 if is_missing else done.returncode)
        report[name] = json.loads(done.stdout) if done.stdout.strip() else None
    print(json.dumps(report, indent=2))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
