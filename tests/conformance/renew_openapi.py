"""Write down the API's description as the one that is agreed: `python -m tests.conformance.renew_openapi`."""

import json
import os

import django


def renew() -> None:
    """Overwrite openapi.json beside this file."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicepro.settings")
    django.setup()
    from tests.conformance.test_api import SNAPSHOT, described

    SNAPSHOT.write_text(json.dumps(described(), indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    renew()
