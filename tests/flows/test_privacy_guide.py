"""Every command the privacy guide shows works as shown, and its numbers are the real ones."""

import re
import shlex
import zipfile
from pathlib import Path

import pytest
from django.core.management import call_command

from customers.models import Customer, ErasureCertificate
from customers.services import register_customer
from messaging.services import receive_text
from tenants.business.models import BusinessSettings

GUIDE = Path(__file__).parent.parent.parent / "docs" / "guides" / "privacy.md"
COMMANDS = re.findall(r"^\.venv/bin/python manage\.py (.+)$", GUIDE.read_text(), re.MULTILINE)
LIMITS = {
    "texts, and conversations without any left": "keep_conversations_months",
    "rows of imported lists": "keep_import_rows_months",
    "rows of lists that made nobody a customer, and lists nobody confirmed": "keep_unmatched_rows_months",
    "who looked at whom": "keep_access_log_months",
}


def test_the_guides_commands_in_order_do_what_it_says(tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    register_customer(name="Olga", email="olga@example.com")
    receive_text(from_e164="+15125550170", body="hello", provider_id="SM" + "a" * 32)
    monkeypatch.chdir(tmp_path)
    for line in COMMANDS:
        call_command(*shlex.split(line.replace("cleanmachine", "shop")))
        if line.startswith("export_customer"):
            with zipfile.ZipFile("person.zip") as archive:
                assert "person.json" in archive.namelist()
    assert len(COMMANDS) == 6
    assert ErasureCertificate.objects.count() == 2
    assert not Customer.objects.filter(name="Olga").exists()
    assert "Nothing was deleted (dry run)." in capsys.readouterr().out


def test_the_table_of_limits_is_what_a_business_begins_with():
    shown = dict(re.findall(r"^\| (.+?) \| (\d+ \| \d+)", GUIDE.read_text(), re.MULTILINE))
    fields = {what: BusinessSettings._meta.get_field(column) for what, column in LIMITS.items()}
    assert shown == {what: f"{field.default} | {field.validators[0].limit_value}" for what, field in fields.items()}
