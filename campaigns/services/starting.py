"""Start a campaign: now, in the background, or at a time; by one rule for whoever asks."""

import datetime
import logging
from contextlib import suppress
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from campaigns.errors import BadCampaignInput, CountChanged, EmptyAudience, WrongStatus
from campaigns.kinds import KINDS
from campaigns.models import Campaign, Target
from campaigns.services.lifecycle import ANOTHER, move_campaign
from customers.services import no_erasure_meanwhile
from messaging.errors import ProviderAway
from servicepro.lib.clock import moment_in_words
from tenants.selectors import User, audit_entries, current_tenant

logger = logging.getLogger(__name__)
Status = Campaign.Status
NOT_STARTED = {Status.DRAFT, Status.SCHEDULED}
LATE_AFTER = datetime.timedelta(hours=1)  # what was to be said then may be wrong now: its owner decides
_ASKED = ("campaign_scheduled", "campaign_start_requested")
AHEAD_MAX = datetime.timedelta(days=366)


def start_campaign(campaign: Campaign, *, actor: User | None, confirmed_count: int | None = None) -> None:
    """Start a draft. `confirmed_count` is the number of people the owner typed.

    Raises WrongStatus, CountChanged, and for a kind that makes its list here BadCampaignInput (EmptyAudience where nobody matches)
    and ProviderAway.
    """
    kind = KINDS[campaign.kind]
    if campaign.status in NOT_STARTED:
        kind.check(campaign, actor=actor or _asked_by(campaign))
    with transaction.atomic():
        if kind.is_personal:
            _refuse_beside_another(campaign)  # before the work of making the list; the constraint decides
            _plan(campaign)
        total = Target.objects.filter(campaign_id=campaign.pk).count()
        if confirmed_count is not None and confirmed_count != total:
            raise CountChanged(f"You typed {confirmed_count}, but this campaign has {total} people. Look again and type {total} to start.")
        if total == 0:
            raise WrongStatus("There is nobody to write to: add customers first.")
        started = {"started_at": timezone.now(), "watched_from": timezone.now(), "pause_reason": ""}
        move_campaign(campaign, NOT_STARTED, Status.RUNNING, "started", actor, **started)


def request_start(campaign: Campaign, *, actor: User | None, confirmed_count: int | None) -> None:
    """Let a worker make the list and start a draft at once; until then it is scheduled for now, and being prepared.

    `confirmed_count` is the number of people the owner typed, None where nobody was asked. Raises WrongStatus, CountChanged,
    BadCampaignInput, ProviderAway.
    """
    _refuse_beside_another(campaign)
    _compare(campaign, actor, confirmed_count)
    move_campaign(
        campaign,
        NOT_STARTED,
        Status.SCHEDULED,
        "start_requested",
        actor,
        scheduled_at=timezone.now(),
        confirmed_count=confirmed_count,
        pause_reason="",
    )


def schedule_campaign(campaign: Campaign, *, actor: User | None, at: datetime.datetime, confirmed_count: int | None = None) -> None:
    """Let the beat start a draft at an instant to come; a time without a zone is on the business's clock.

    Raises BadCampaignInput where it has passed or the clock skips it, WrongStatus, CountChanged, and whatever else stands against
    starting it.
    """
    at = at if at.tzinfo else instant_on_our_clock(at)
    if at <= timezone.now():
        raise BadCampaignInput("The time has passed already: choose one to come, or start now.")
    if at > timezone.now() + AHEAD_MAX:
        raise BadCampaignInput("The time is more than a year away: choose an earlier one.")
    _compare(campaign, actor, confirmed_count)
    with transaction.atomic():
        if KINDS[campaign.kind].is_personal:
            _plan(campaign)
        when = {"scheduled_at": at, "pause_reason": "", "confirmed_count": confirmed_count}
        move_campaign(campaign, NOT_STARTED, Status.SCHEDULED, "scheduled", actor, **when)


def instant_on_our_clock(local: datetime.datetime) -> datetime.datetime:
    """Return the instant at which the business's clock shows this. Raises BadCampaignInput where the clock never does.

    Where it shows it twice, the first is meant.
    """
    zone = ZoneInfo(current_tenant().time_zone)
    try:
        instant = local.replace(tzinfo=zone, fold=0).astimezone(datetime.UTC)
        shown = instant.astimezone(zone).replace(tzinfo=None)
    except OverflowError as error:
        raise BadCampaignInput("This is not a time we can wait for.") from error
    if shown != local.replace(tzinfo=None, fold=shown.fold):
        raise BadCampaignInput(
            f"There is no {local:%H:%M} on {local:%B} {local.day}: the clocks are put forward then. Choose a time before or after."
        )
    return instant


def unschedule_campaign(campaign: Campaign, *, actor: User | None) -> None:
    """Make a scheduled campaign a draft again. Raises WrongStatus."""
    with transaction.atomic():
        move_campaign(campaign, {Status.SCHEDULED}, Status.DRAFT, "unscheduled", actor, scheduled_at=None)
        _forget_list(campaign)


def start_due_campaigns() -> int:
    """Start what is scheduled and due, one at a time; return how many were started. What cannot start is given back, with a reason."""
    started = 0
    for campaign in Campaign.objects.filter(status=Status.SCHEDULED, scheduled_at__lte=timezone.now()).order_by("scheduled_at"):
        if campaign.scheduled_at and campaign.scheduled_at < timezone.now() - LATE_AFTER:
            _give_back(campaign, Status.DRAFT, _missed(campaign.scheduled_at))
            continue
        try:
            _start_due(campaign)
        except WrongStatus:
            break  # another campaign is being sent: this one's turn comes when it is done
        except ProviderAway as error:
            logger.warning("scheduled_start_waits campaign=%s error=%s", campaign.pk, error.code)
            continue
        except (BadCampaignInput, CountChanged) as error:
            is_draft = isinstance(error, EmptyAudience) or KINDS[campaign.kind].is_drafted_again
            _give_back(campaign, Status.DRAFT if is_draft else Status.PAUSED, error.message)
            continue
        started += 1
    return started


def _start_due(campaign: Campaign) -> None:
    """Start a campaign whose time has come; one whose list is made only now must not have grown since its owner typed the number."""
    is_made_now = campaign.confirmed_count is not None and not Target.objects.filter(campaign_id=campaign.pk).exists()
    with transaction.atomic():
        start_campaign(campaign, actor=None)
        total = Target.objects.filter(campaign_id=campaign.pk).count() if is_made_now else 0
        if campaign.confirmed_count is not None and total > campaign.confirmed_count:
            raise CountChanged(
                f"You typed {campaign.confirmed_count}, but meanwhile {total} people are selected. Look again and start it once more."
            )


def _missed(due: datetime.datetime) -> str:
    tenant = current_tenant()
    said = moment_in_words(due, tenant.time_zone, tenant.region)
    return f"It was due on {said}, and could not be sent then. Nobody was written to: send it now, choose another time, or leave it."


def _give_back(campaign: Campaign, to: Campaign.Status, sentence: str) -> None:
    """Tell the owner why a scheduled campaign did not start: it can be resumed when that is mended, or is a draft to change again."""
    with suppress(WrongStatus), transaction.atomic():  # meanwhile the owner may have done something else
        move_campaign(campaign, {Status.SCHEDULED}, to, "not_started", None, pause_reason=sentence[:240])
        if to == Status.DRAFT:
            _forget_list(campaign)


def _forget_list(campaign: Campaign) -> None:
    if KINDS[campaign.kind].is_personal:  # made anew when it is started; one that was made with the draft stays
        Target.objects.filter(campaign_id=campaign.pk).delete()


def _asked_by(campaign: Campaign) -> User | None:
    """Return who had a campaign start at its time; None where nobody of the business did."""
    if campaign.status != Status.SCHEDULED:
        return None
    asked = [entry.actor for entry in audit_entries([f"campaign:{campaign.pk}"]) if entry.action in _ASKED]
    return asked[-1] if asked else None


def _refuse_beside_another(campaign: Campaign) -> None:
    if Campaign.objects.filter(status=Status.RUNNING).exclude(pk=campaign.pk).exists():
        raise WrongStatus(ANOTHER)


def _compare(campaign: Campaign, actor: User | None, confirmed_count: int | None) -> None:
    """Object to a draft that cannot start, and to a number that is not that of its people. Raises as `request_start` does."""
    if campaign.status not in NOT_STARTED:
        return  # the caller's own step says why not
    kind = KINDS[campaign.kind]
    kind.check(campaign, actor=actor)
    if confirmed_count is None:
        return
    expected = kind.expected(campaign)
    total = Target.objects.filter(campaign_id=campaign.pk).count() if expected is None else expected
    if confirmed_count != total:
        raise CountChanged(f"You typed {confirmed_count}, but this campaign has {total} people. Look again and type {total} to start.")


def _plan(campaign: Campaign) -> None:
    """Make the list of people anew, while nobody else can start it. Raises EmptyAudience."""
    no_erasure_meanwhile()
    status = Campaign.objects.select_for_update().values_list("status", flat=True).get(pk=campaign.pk)
    if status not in NOT_STARTED:
        return  # the caller's own step says why not
    kind = KINDS[campaign.kind]
    if not kind.plan(campaign):
        raise EmptyAudience(kind.nobody)
