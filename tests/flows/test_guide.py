"""Every command the guide shows works as shown."""

import re
import shlex
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from campaigns.models import Campaign
from customers.services import register_customer
from tests.flows.test_blast import check_laws

GUIDE = Path(__file__).parent.parent.parent / "docs" / "guides" / "port-recovery.md"
COMMANDS = re.findall(r"^\.venv/bin/python manage\.py (.+)$", GUIDE.read_text(), re.MULTILINE)


def test_the_guide_shows_commands():
    assert len(COMMANDS) >= 8


def test_the_guides_commands_in_order_do_what_it_says(people, simulator, capsys):
    register_customer(name="Olga", region="US", phone_text="512-555-0170", opted_out=True)
    for line in COMMANDS:
        made = Campaign.objects.first()
        if made and made.quiet_hours_released_at is None:
            from campaigns.services import release_quiet_hours

            release_quiet_hours(made, actor=None)
        words = shlex.split(line.replace("cleanmachine", "shop"))
        if "--campaign" in words and made:
            words[words.index("--campaign") + 1] = str(made.pk)
        call_command(*words)
    said = capsys.readouterr().out
    assert "✅ port_recovery_sms_sends ready" in said and "Nothing was written (dry run)." in said
    assert "asked not to be contacted" in said
    made = Campaign.objects.get()
    assert made.status == "completed"
    check = simulator.stats()
    assert check["mostTextsToOnePhone"] == 1 and check["phones"] == 11  # ten people and the owner's test
    assert check_laws(made, simulator) is None


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("run_port_recovery_batch --tenant nobody --campaign 1", "no business"),
        ("run_port_recovery_batch --tenant shop --campaign 999999", "no campaign"),
        ("run_port_recovery_batch --tenant shop --campaign 1 --limit 0", "1 to 5000"),
        ("run_port_recovery_batch --tenant shop --campaign 1 --limit -3", "1 to 5000"),
        ("explain_recipient --tenant shop --campaign 999999 5125550100", "no campaign"),
    ],
)
def test_bad_input_gets_one_sentence_and_changes_nothing(tenant, command, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command(*shlex.split(command))


def test_the_campaign_of_another_business_does_not_exist_here(campaign, indian_tenant, simulator):
    with pytest.raises(CommandError, match="no campaign"):
        call_command("run_port_recovery_batch", "--tenant", "salon", "--campaign", str(campaign.pk))
    assert simulator.texts() == []
