"""Start, pause, resume, cancel: one compare-and-swap each, so that two owners cannot do it twice."""

import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.utils import timezone

from campaigns.errors import BadCampaignInput, CountChanged, WrongStatus
from campaigns.models import OPEN, Campaign, Target
from campaigns.selectors import open_targets
from messaging.selectors import ledger_tag
from messaging.services import release_rejected
from messaging.types import Channel
from servicepro.lib.tenancy import connection
from tenants.selectors import User
from tenants.services import record_action

Status = Campaign.Status
RETRY_BATCH = 5_000
# In one statement: nobody is ever both passed and forgotten.
_MARK_PASSED = """
WITH passed AS (
    UPDATE campaigns_target t SET had_turn = true
      FROM campaigns_campaign c
     WHERE c.id = %(campaign)s AND t.campaign_id = c.id AND t.id > c.served_to AND t.id <= %(to)s AND NOT t.had_turn
       AND (t.sms_status = ANY(%(open)s) OR t.email_status = ANY(%(open)s))
)
UPDATE campaigns_campaign SET served_to = greatest(served_to, %(to)s) WHERE id = %(campaign)s
"""


def start_campaign(campaign: Campaign, *, actor: User | None, confirmed_count: int | None = None) -> None:
    """Start a draft. `confirmed_count` is the number of people the owner typed. Raises WrongStatus, CountChanged."""
    total = Target.objects.filter(campaign_id=campaign.pk).count()
    if confirmed_count is not None and confirmed_count != total:
        raise CountChanged(f"You typed {confirmed_count}, but this campaign has {total} people. Look again and type {total} to start.")
    if total == 0:
        raise WrongStatus("There is nobody to write to: add customers first.")
    _move(campaign, {Status.DRAFT, Status.SCHEDULED}, Status.RUNNING, "started", actor, started_at=timezone.now())


def pause_campaign(campaign: Campaign, *, actor: User | None, reason: str = "") -> None:
    """Pause; messages already on their way still arrive. Raises WrongStatus."""
    _move(campaign, {Status.RUNNING}, Status.PAUSED, "paused", actor, pause_reason=reason[:240])


def resume_campaign(campaign: Campaign, *, actor: User | None) -> None:
    """Go on exactly where it stopped. Raises WrongStatus."""
    _move(campaign, {Status.PAUSED}, Status.RUNNING, "resumed", actor, pause_reason="")


def cancel_campaign(campaign: Campaign, *, actor: User | None) -> None:
    """Stop for good: who was not reached yet is skipped with that reason. Raises WrongStatus."""
    allowed = {Status.DRAFT, Status.SCHEDULED, Status.RUNNING, Status.PAUSED}
    with transaction.atomic():
        _move(campaign, allowed, Status.CANCELLED, "cancelled", actor, finished_at=timezone.now())
        leave_unreached(campaign.pk)


def leave_unreached(campaign_id: int) -> None:
    """Skip everybody of a cancelled campaign whose turn did not come, with that reason."""
    if not Campaign.objects.filter(pk=campaign_id, status=Status.CANCELLED).exists():
        return
    targets = Target.objects.filter(campaign_id=campaign_id)
    targets.filter(sms_status__in=["pending", "held"]).update(sms_status="skipped", sms_reason="cancelled")
    targets.filter(email_status__in=["pending", "held"]).update(email_status="skipped", email_reason="cancelled")
    pass_everybody_to(campaign_id, targets.aggregate(last=Max("pk"))["last"] or 0)


def pass_everybody_to(campaign_id: int, target_id: int) -> None:
    """Note that every target up to this id had a turn, and mark who of them still waits, so that they are found again."""
    with connection.cursor() as cursor:
        cursor.execute(_MARK_PASSED, {"campaign": campaign_id, "to": target_id, "open": list(OPEN)})


def schedule_campaign(campaign: Campaign, *, actor: User | None, at: datetime.datetime) -> None:
    """Let the beat start a draft at an instant to come. Raises BadCampaignInput where it has passed, WrongStatus."""
    if at <= timezone.now():
        raise BadCampaignInput("The time has passed already: choose one to come, or start now.")
    _move(campaign, {Status.DRAFT, Status.SCHEDULED}, Status.SCHEDULED, "scheduled", actor, scheduled_at=at)


def start_due_campaigns() -> int:
    """Start what is scheduled and due, one at a time; return how many were started."""
    started = 0
    for campaign in Campaign.objects.filter(status=Status.SCHEDULED, scheduled_at__lte=timezone.now()).order_by("scheduled_at"):
        try:
            start_campaign(campaign, actor=None)
        except WrongStatus:
            break  # another campaign is being sent: this one's turn comes when it is done
        started += 1
    return started


def complete_if_finished(campaign_id: int) -> bool:
    """Mark a running campaign completed when nobody waits any more; return whether it is."""
    if open_targets(campaign_id).exists():
        return False
    Campaign.objects.filter(pk=campaign_id, status=Status.RUNNING).update(status=Status.COMPLETED, finished_at=timezone.now())
    return True


def release_quiet_hours(campaign: Campaign, *, actor: User | None) -> None:
    """Let a campaign's texts go at any hour; the owner confirmed it and it is recorded."""
    Campaign.objects.filter(pk=campaign.pk).update(quiet_hours_released_at=timezone.now())
    Target.objects.filter(campaign_id=campaign.pk, sms_status="held").update(not_before=None)
    record_action(actor, "campaign_quiet_hours_released", f"campaign:{campaign.pk}")


def retry_failed(campaign: Campaign, *, actor: User | None) -> int:
    """Give everybody whose message the provider refused another turn, and nobody else; return how many.

    Raises WrongStatus while the campaign is a draft or cancelled.
    """
    if campaign.status not in (Status.RUNNING, Status.PAUSED, Status.COMPLETED):
        raise WrongStatus("Only a campaign that was started can retry its failures.")
    with transaction.atomic():
        failed = list(
            Target.objects.select_for_update()
            .filter(Q(sms_status="failed") | Q(email_status="failed"), campaign_id=campaign.pk)
            .order_by("id")[:RETRY_BATCH]
        )
        for channel, column in ((Channel.SMS, "sms"), (Channel.EMAIL, "email")):
            chosen = [target for target in failed if getattr(target, f"{column}_status") == "failed"]
            addresses = [target.phone if channel is Channel.SMS else target.email for target in chosen]
            release_rejected(channel.value, campaign.key, [ledger_tag(channel, address) for address in addresses if address])
            Target.objects.filter(pk__in=[target.pk for target in chosen]).update(
                **{f"{column}_status": "pending", f"{column}_reason": ""}, not_before=None, had_turn=True
            )
        if failed and campaign.status == Status.COMPLETED:
            _move(campaign, {Status.COMPLETED}, Status.RUNNING, "reopened", actor, finished_at=None)
    record_action(actor, "campaign_failed_retried", f"campaign:{campaign.pk}", people=len(failed))
    return len(failed)


_REFUSALS = {
    Status.RUNNING: "It is running already.",
    Status.COMPLETED: "It is completed: everybody has an outcome.",
    Status.CANCELLED: "It was cancelled.",
    Status.PAUSED: "It is paused; resume it instead.",
    Status.DRAFT: "It was not started yet.",
    Status.SCHEDULED: "It is scheduled.",
}


def _move(campaign: Campaign, allowed: set[Status], to: Status, verb: str, actor: User | None, **changes: object) -> None:
    try:
        with transaction.atomic():
            moved = Campaign.objects.filter(pk=campaign.pk, status__in=allowed).update(status=to, **changes)
            if moved:
                record_action(actor, f"campaign_{verb}", f"campaign:{campaign.pk}")
    except IntegrityError as error:
        raise WrongStatus("Another campaign is being sent right now; wait for it to finish or pause it.") from error
    campaign.refresh_from_db()
    if not moved:
        raise WrongStatus(f"The campaign cannot be {verb}. {_REFUSALS[Status(campaign.status)]}")
