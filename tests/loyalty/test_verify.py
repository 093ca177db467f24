"""The proof that points add up: quiet when they do, loud and without addresses when they do not."""

import logging
import re
import shlex
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django_tenants.utils import schema_context

from customers.models import Customer
from loyalty import policy
from loyalty.insights.figures import refresh_figures
from loyalty.insights.report import loyalty_insights
from loyalty.models import LedgerFigures
from loyalty.services import grant_points, verify_ledger
from loyalty.tasks import verify_ledgers

GUIDE = Path(__file__).parent.parent.parent / "docs" / "guides" / "loyalty.md"
COMMANDS = re.findall(r"^\.venv/bin/python manage\.py (.+)$", GUIDE.read_text(), re.MULTILINE)


@pytest.fixture
def granted(people):
    grant_points(customer_ids=[person.pk for person in people], points=500, reason="port_recovery_500_points", campaign_key="c1")
    return people


def plant_drift(customer):
    Customer.objects.filter(pk=customer.pk).update(loyalty_points_balance=40)


def test_a_ledger_that_adds_up_says_so_and_ends_well(granted, capsys):
    call_command("verify_ledger", tenant="shop")
    assert capsys.readouterr().out == (
        "Clean Machine Auto Detail: 10 customers, 10 entries, 5,000 points: every balance is the sum of its entries\n"
    )


def test_a_drift_is_named_without_the_number_and_fails(granted, capsys):
    plant_drift(granted[3])
    with pytest.raises(CommandError, match=r"The points of 1 customer\(s\) do not add up"):
        call_command("verify_ledger", tenant="shop")
    said = capsys.readouterr().out
    assert f"customer {granted[3].pk} +1512•••" in said
    assert "balance 40, entries 500" in said
    assert granted[3].phone not in said


def test_every_business_is_looked_at(granted, indian_tenant, capsys):
    with schema_context("shop"):
        plant_drift(granted[0])
    with pytest.raises(CommandError):
        call_command("verify_ledger", all=True)
    said = capsys.readouterr().out
    assert "Glamour Studio: 0 customers" in said
    assert "Clean Machine Auto Detail: 10 customers, 10 entries, 5,000 points: 1 balances are not" in said


def test_a_business_has_to_be_named_or_all_of_them(tenant):
    with pytest.raises(CommandError):
        call_command("verify_ledger")


def test_proving_changes_nothing_and_needs_no_right_to_write(granted):
    plant_drift(granted[0])
    proof = verify_ledger()
    assert [drift.customer_id for drift in proof.drifts] == [granted[0].pk]
    assert not proof.adds_up
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        assert cursor.fetchone() == ("off",)


def test_the_night_raises_an_alarm_for_a_drift(granted, caplog):
    plant_drift(granted[2])
    with caplog.at_level(logging.INFO):
        verify_ledgers()
    alarms = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert alarms == [f"loyalty_ledger_drift tenant=shop customer={granted[2].pk} balance=40 entries=500"]


def test_totals_that_were_tampered_with_are_found_and_made_anew_at_night(granted, capsys, caplog):
    zone = "America/Chicago"
    for _turn in range(50):
        refresh_figures(zone, late_min=0)
        if LedgerFigures.objects.exists():
            break
    assert verify_ledger().adds_up
    LedgerFigures.objects.update(days='[["2026-01-01", 1, 0, 0, 0]]')
    with pytest.raises(CommandError, match="kept totals by day"):
        call_command("verify_ledger", tenant="shop")
    assert "every balance is the sum of its entries\n  the totals by day" in capsys.readouterr().out
    verify_ledgers()
    assert "loyalty_totals_drift tenant=shop" in caplog.text
    with schema_context("shop"):
        assert not LedgerFigures.objects.exists() and loyalty_insights().outstanding == 5_000


def test_the_night_s_proof_is_on_the_beat():
    from servicepro.celery import app

    assert "loyalty.verify_ledgers" in {entry["task"] for entry in app.conf.beat_schedule.values()}


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_guide_works_as_shown(granted, capsys, line):
    call_command(*shlex.split(line.replace("cleanmachine", "shop")))
    assert "every balance is the sum of its entries" in capsys.readouterr().out


def test_the_guide_says_the_limits_and_every_reason():
    text = " ".join(GUIDE.read_text().split())
    assert len(COMMANDS) == 2
    assert "owners {owner:,} points a day, managers {manager:,}, staff none".format(**policy.DAILY_ADJUSTMENT_POINTS) in text
    codes = {name for name in vars(policy) if name.isupper() and getattr(policy, name) == name}
    of_offers = {code for code in codes if code.startswith("OFFER_")}
    assert (len(codes - of_offers), len(of_offers)) == (7, 7)
    assert {code for code in codes - of_offers if f"`{code}`" not in text} == set()
    offers = GUIDE.with_name("welcome-offers.md").read_text()
    assert {code for code in of_offers if f"`{code}`" not in offers} == set()
