"""An invitation sent from the command line, and by the beat."""

import pytest
from django.core.management import CommandError, call_command

from campaigns.models import Campaign
from campaigns.tasks import hear_late_failures, resume_running
from tests.campaigns.inviting import hours_ago, invite, listed


def test_the_command_starts_a_draft_and_sends_everybody(tenant, simulator, capsys):
    listed(5, whatsapp_consent=True)
    campaign = invite("both")
    call_command("run_invitation_campaign", tenant="shop", campaign=campaign.pk, until_done=True)
    assert len(simulator.texts()) == 5 and "5 people: WhatsApp sent" in capsys.readouterr().out
    campaign.refresh_from_db()
    assert campaign.status == "completed"


def test_the_command_sends_as_many_as_asked(tenant, simulator):
    listed(5)
    call_command("run_invitation_campaign", tenant="shop", campaign=invite().pk, limit=2)
    assert len(simulator.texts()) == 2


def test_the_command_knows_invitations_alone(campaign):
    with pytest.raises(CommandError, match="no invitation campaign"):
        call_command("run_invitation_campaign", tenant="shop", campaign=campaign.pk)


def test_the_command_says_why_it_paused(tenant, simulator):
    listed(1)
    simulator.faults(api="twilio", unauthorized=1.0, callbacks="off")
    with pytest.raises(CommandError, match="refused our account"):
        call_command("run_invitation_campaign", tenant="shop", campaign=invite().pk)


def test_the_beat_starts_what_is_due_and_looks_at_what_is_done(tenant, simulator, settings):
    settings.CELERY_TASK_ALWAYS_EAGER = True
    listed(2)
    campaign = invite()
    Campaign.objects.filter(pk=campaign.pk).update(status="scheduled", scheduled_at=hours_ago(0.1))
    resume_running()
    hear_late_failures()
    campaign.refresh_from_db()
    assert campaign.status in ("running", "completed")
