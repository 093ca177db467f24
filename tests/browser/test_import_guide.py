"""Every call of the API that the guide about customer lists shows works as shown, against the whole stack."""

import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import redis
from django.conf import settings as django_settings

from customers.models import Customer
from tenants.accounts.models import User
from tenants.models import Tenant
from tenants.services import create_api_token
from tests.browser.conftest import Stack

GUIDE = Path(__file__).parent.parent.parent / "docs" / "guides" / "import.md"
CALLS = re.findall(r"^curl .+$", GUIDE.read_text(), re.MULTILINE)
LIST = "Name,Handy\r\nAna,512-555-0142\r\nBo,5550\r\n"
pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")


def run(line: str, folder: Path, environment: dict[str, str]) -> dict:
    """Run a line of the guide in a shell and return the answer."""
    done = subprocess.run(["bash", "-ec", line], cwd=folder, env=environment, capture_output=True, text=True, timeout=30, check=True)
    return json.loads(done.stdout) if done.stdout else {}


def test_the_calls_of_the_guide_in_order(tenant: Tenant, stack: Stack, tmp_path: Path):
    redis.Redis.from_url(django_settings.REDIS_URL.replace("db=0", "db=1")).delete("ratelimit:shop:imports")
    owner = User.objects.get(email="owner@shop.example")
    _token, key = create_api_token(actor=owner, name="Guide", scopes=["customers:read", "customers:write"])
    (tmp_path / "clients.csv").write_text(LIST)
    environment = {"SERVICEPRO": stack.url(""), "KEY": key, "PATH": "/usr/local/bin:/usr/bin:/bin"}
    me, upload, rows, confirm, status, errors, people, undo = CALLS
    assert run(me, tmp_path, environment)["key"] == "Guide"
    made = run(upload, tmp_path, environment)
    assert (made["totalRows"], made["counts"]["new"], made["counts"]["refused"]) == (2, 1, 1)
    environment["BATCH"] = made["batchId"]
    assert [row["row"] for row in run(rows, tmp_path, environment)["rows"]] == [3]
    assert {"imported", "failed", "duplicates"} <= set(run(confirm, tmp_path, environment))
    for _turn in range(100):
        if (at := run(status, tmp_path, environment))["status"] == "completed":
            break
        time.sleep(0.2)
    assert at["progress"] == {"processed": 2, "total": 2, "percent": 100}
    run(errors, tmp_path, environment)
    assert "Bo,5550" in (tmp_path / "rows-to-fix.csv").read_text(encoding="utf-8-sig")
    assert [person["name"] for person in run(people, tmp_path, environment)["customers"]] == ["Ana"]
    assert run(undo, tmp_path, environment)["removed"] == 1
    assert Customer.objects.count() == 0
