"""Start, pause, resume, cancel: one compare-and-swap each, so that two owners cannot do it twice."""

import datetime
import logging
from collections.abc import Sequence
from contextlib import suppress

from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from campaigns.errors import BadCampaignInput, CountChanged, EmptyAudience, WrongStatus
from campaigns.kinds import KINDS
from campaigns.models import OPEN, Campaign, Target
from campaigns.selectors import open_targets
from customers.services import no_erasure_meanwhile
from messaging.errors import ProviderAway
from messaging.selectors import ledger_tag
from messaging.services import release_rejected, release_undelivered
from messaging.types import Channel
from servicepro.lib.tenancy import connection
from tenants.selectors import User
from tenants.services import record_action

logger = logging.getLogger(__name__)
Status = Campaign.Status
TRIES = "unreached"  # in a target's facts: how often the provider could not be reached for them alone
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
    """Start a draft. `confirmed_count` is the number of people the owner typed.

    Raises WrongStatus, CountChanged, and for an invitation BadCampaignInput (EmptyAudience where nobody matches) and ProviderAway.
    """
    kind = KINDS[campaign.kind]
    if campaign.status in (Status.DRAFT, Status.SCHEDULED):
        kind.check(campaign)
    with transaction.atomic():
        if kind.is_personal:
            if Campaign.objects.filter(status=Status.RUNNING).exclude(pk=campaign.pk).exists():
                raise WrongStatus(_ANOTHER)  # before the work of making the list; the constraint decides
            _plan(campaign)
        total = Target.objects.filter(campaign_id=campaign.pk).count()
        if confirmed_count is not None and confirmed_count != total:
            raise CountChanged(f"You typed {confirmed_count}, but this campaign has {total} people. Look again and type {total} to start.")
        if total == 0:
            raise WrongStatus("There is nobody to write to: add customers first.")
        started = {"started_at": timezone.now(), "pause_reason": ""}
        _move(campaign, {Status.DRAFT, Status.SCHEDULED}, Status.RUNNING, "started", actor, **started)


def _plan(campaign: Campaign) -> None:
    """Make the list of people anew, while nobody else can start it. Raises EmptyAudience."""
    no_erasure_meanwhile()
    status = Campaign.objects.select_for_update().values_list("status", flat=True).get(pk=campaign.pk)
    if status not in (Status.DRAFT, Status.SCHEDULED):
        return  # the caller's own step says why not
    if not KINDS[campaign.kind].plan(campaign):
        raise EmptyAudience("Nobody matches this audience: everybody has registered already, or no list brought such people. Widen it.")


def pause_campaign(campaign: Campaign, *, actor: User | None, reason: str = "") -> None:
    """Pause; messages already on their way still arrive. Raises WrongStatus."""
    _move(campaign, {Status.RUNNING}, Status.PAUSED, "paused", actor, pause_reason=reason[:240])


def resume_campaign(campaign: Campaign, *, actor: User | None) -> None:
    """Go on exactly where it stopped. Raises WrongStatus, also where what stopped it still does."""
    if campaign.status == Status.PAUSED and (sentence := KINDS[campaign.kind].halts(campaign, thoroughly=True)):
        raise WrongStatus(sentence)
    fresh = {"pause_reason": "", "setbacks": 0, "rests_until": None, "started_at": campaign.started_at or timezone.now()}
    _move(campaign, {Status.PAUSED}, Status.RUNNING, "resumed", actor, **fresh)


def reopen_campaign(campaign: Campaign) -> None:
    """Take a completed campaign up again: somebody of it gets another turn. Raises WrongStatus."""
    _move(campaign, {Status.COMPLETED}, Status.RUNNING, "reopened", None, finished_at=None)


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
    """Let the beat start a draft at an instant to come.

    Raises BadCampaignInput where it has passed, WrongStatus, and whatever else stands against starting an invitation.
    """
    if at <= timezone.now():
        raise BadCampaignInput("The time has passed already: choose one to come, or start now.")
    kind = KINDS[campaign.kind]
    if campaign.status in (Status.DRAFT, Status.SCHEDULED):
        kind.check(campaign)
    with transaction.atomic():
        if kind.is_personal:
            _plan(campaign)
        _move(campaign, {Status.DRAFT, Status.SCHEDULED}, Status.SCHEDULED, "scheduled", actor, scheduled_at=at, pause_reason="")


def unschedule_campaign(campaign: Campaign, *, actor: User | None) -> None:
    """Make a scheduled campaign a draft again. Raises WrongStatus."""
    with transaction.atomic():
        _move(campaign, {Status.SCHEDULED}, Status.DRAFT, "unscheduled", actor, scheduled_at=None)
        if KINDS[campaign.kind].is_personal:
            Target.objects.filter(campaign_id=campaign.pk).delete()


def start_due_campaigns() -> int:
    """Start what is scheduled and due, one at a time; return how many were started. What cannot start is given back, with a reason."""
    started = 0
    for campaign in Campaign.objects.filter(status=Status.SCHEDULED, scheduled_at__lte=timezone.now()).order_by("scheduled_at"):
        try:
            start_campaign(campaign, actor=None)
        except WrongStatus:
            break  # another campaign is being sent: this one's turn comes when it is done
        except ProviderAway as error:
            logger.warning("scheduled_start_waits campaign=%s error=%s", campaign.pk, error.code)
            continue
        except BadCampaignInput as error:
            _give_back(campaign, error)
            continue
        started += 1
    return started


def _give_back(campaign: Campaign, error: BadCampaignInput) -> None:
    """Tell the owner why a scheduled campaign did not start: it can be resumed when that is mended, or is a draft to change again."""
    with suppress(WrongStatus):  # meanwhile the owner did something else
        to = Status.DRAFT if isinstance(error, EmptyAudience) else Status.PAUSED
        _move(campaign, {Status.SCHEDULED}, to, "not_started", None, pause_reason=error.message[:240])


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
            _move(campaign, {Status.COMPLETED}, Status.RUNNING, "reopened", actor, finished_at=None)
    record_action(actor, "campaign_failed_retried", f"campaign:{campaign.pk}", people=len(failed))
    return len(failed)


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
    tried = [target.pk for target in chosen if TRIES in target.facts]
    Target.objects.filter(pk__in=tried).update(facts=RawSQL("facts - %s", [TRIES]))


_ANOTHER = "Another campaign is being sent right now; wait for it to finish or pause it."
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
        raise WrongStatus(_ANOTHER) from error
    campaign.refresh_from_db()
    if not moved:
        raise WrongStatus(f"The campaign cannot be {verb}. {_REFUSALS[Status(campaign.status)]}")
