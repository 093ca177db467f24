"""Pause, resume, cancel, retry: one compare-and-swap each, so that two owners cannot do it twice."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from campaigns.errors import UnknownRecipient, WrongStatus
from campaigns.kinds import KINDS
from campaigns.models import OPEN, Campaign, Target
from campaigns.selectors import open_targets
from campaigns.types import Selection
from messaging.selectors import ledger_tag
from messaging.services import release_rejected, release_undelivered
from messaging.types import Channel
from servicepro.lib.tenancy import connection
from tenants.selectors import User
from tenants.services import record_action

Status = Campaign.Status
# In a target's facts, by channel: how often the provider could not be reached for them alone.
TRIES = {Channel.SMS: "unreached", Channel.EMAIL: "unreached_email"}
NO_RESTS = {"setbacks": 0, "rests_until": None, "email_setbacks": 0, "email_rests_until": None}
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


def pause_campaign(campaign: Campaign, *, actor: User | None, reason: str = "") -> None:
    """Pause; messages already on their way still arrive. Raises WrongStatus."""
    move_campaign(campaign, {Status.RUNNING}, Status.PAUSED, "paused", actor, pause_reason=reason[:240])


def resume_campaign(campaign: Campaign, *, actor: User | None) -> None:
    """Go on exactly where it stopped; failures and opt-outs are counted anew. Raises WrongStatus, also where what stopped it still does."""
    campaign.watched_from = timezone.now()
    if campaign.status == Status.PAUSED and (sentence := KINDS[campaign.kind].halts(campaign, thoroughly=True)):
        raise WrongStatus(sentence)
    fresh = {"pause_reason": "", "watched_from": campaign.watched_from, "started_at": campaign.started_at or timezone.now()}
    move_campaign(campaign, {Status.PAUSED}, Status.RUNNING, "resumed", actor, **fresh, **NO_RESTS)


def reopen_campaign(campaign: Campaign) -> None:
    """Take a completed campaign up again: somebody of it gets another turn. Raises WrongStatus."""
    move_campaign(campaign, {Status.COMPLETED}, Status.RUNNING, "reopened", None, finished_at=None)


def cancel_campaign(campaign: Campaign, *, actor: User | None) -> None:
    """Stop for good: who was not reached yet is skipped with that reason. Raises WrongStatus."""
    allowed = {Status.DRAFT, Status.SCHEDULED, Status.RUNNING, Status.PAUSED}
    with transaction.atomic():
        move_campaign(campaign, allowed, Status.CANCELLED, "cancelled", actor, finished_at=timezone.now())
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
            _release(campaign, channel, chosen)
            Target.objects.filter(pk__in=[target.pk for target in chosen]).update(
                **{f"{column}_status": "pending", f"{column}_reason": ""}, not_before=None, had_turn=True
            )
        if failed and campaign.status == Status.COMPLETED:
            again = {"finished_at": None, "watched_from": timezone.now()}
            move_campaign(campaign, {Status.COMPLETED}, Status.RUNNING, "reopened", actor, **again)
    record_action(actor, "campaign_failed_retried", f"campaign:{campaign.pk}", people=len(failed))
    return len(failed)


def remove_recipient(campaign: Campaign, target_id: int, *, actor: User | None) -> None:
    """Take a person off the list before their turn; a draft that is started again does not write to them either.

    Raises UnknownRecipient, and WrongStatus where it is being sent, is done, or this person had their turn.
    """
    if not KINDS[campaign.kind].can_remove:
        raise WrongStatus("Nobody can be taken off the list of this kind of campaign.")
    with transaction.atomic():
        held = Campaign.objects.select_for_update().get(pk=campaign.pk)
        if held.status not in (Status.DRAFT, Status.SCHEDULED, Status.PAUSED):
            raise WrongStatus(f"Nobody can be taken off the list now. {REFUSALS[Status(held.status)]}" + _PAUSE_FIRST[Status(held.status)])
        target = Target.objects.select_for_update().filter(pk=target_id, campaign_id=campaign.pk).first()
        if target is None:
            raise UnknownRecipient("This person is not on the campaign's list.")
        reached = {target.sms_status, target.email_status} - {"pending", "held", "skipped"}
        if reached or {target.sms_status, target.email_status} == {"skipped"}:
            raise WrongStatus("This person had their turn already, so they stay on the list.")
        if target.customer_id is not None:
            without = Selection.from_json(held.audience).mark_people([target.customer_id], is_added=False)
            Campaign.objects.filter(pk=campaign.pk).update(audience=without.as_json(), updated_at=timezone.now())
        target.delete()
        record_action(actor, "campaign_recipient_removed", f"campaign:{campaign.pk}", customer=target.customer_id)
    campaign.refresh_from_db()


def _release(campaign: Campaign, channel: Channel, chosen: Sequence[Target]) -> None:
    """Let the ledger claim these people's addresses again, on the channel that refused them."""
    ways = (Channel.EMAIL,) if channel is Channel.EMAIL else (Channel.SMS, Channel.WHATSAPP)
    for way in ways:
        theirs = [target for target in chosen if way in (Channel.EMAIL, target.phone_channel)]
        addresses = [target.email if way is Channel.EMAIL else target.phone for target in theirs]
        if tags := [ledger_tag(way, address) for address in addresses if address]:
            release_rejected(way.value, campaign.key, tags)
            if way is Channel.WHATSAPP:  # it says later what it does not deliver
                release_undelivered(way.value, campaign.key, tags)
    tried = [target.pk for target in chosen if TRIES[channel] in target.facts]
    Target.objects.filter(pk__in=tried).update(facts=RawSQL("facts - %s", [TRIES[channel]]))


ANOTHER = "Another campaign is being sent right now; wait for it to finish or pause it."
_PAUSE_FIRST = {Status.RUNNING: " Pause it first.", Status.COMPLETED: "", Status.CANCELLED: ""}
REFUSALS = {
    Status.RUNNING: "It is running already.",
    Status.COMPLETED: "It is completed: everybody has an outcome.",
    Status.CANCELLED: "It was cancelled.",
    Status.PAUSED: "It is paused; resume it instead.",
    Status.DRAFT: "It was not started yet.",
    Status.SCHEDULED: "It is scheduled.",
}


def move_campaign(campaign: Campaign, allowed: set[Status], to: Status, verb: str, actor: User | None, **changes: object) -> None:
    """Change a campaign's status from one of `allowed`, and note who did it (“campaign_started”). Raises WrongStatus."""
    try:
        with transaction.atomic():
            moved = Campaign.objects.filter(pk=campaign.pk, status__in=allowed).update(status=to, **changes)
            if moved:
                record_action(actor, f"campaign_{verb}", f"campaign:{campaign.pk}")
    except IntegrityError as error:
        raise WrongStatus(ANOTHER) from error
    campaign.refresh_from_db()
    if not moved:
        raise WrongStatus(f"The campaign cannot be {verb}. {REFUSALS[Status(campaign.status)]}")
