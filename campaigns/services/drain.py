"""The one drain loop: take people, do the effect, deliver, record; for every kind of campaign."""

import datetime
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from django.utils import timezone

from campaigns.errors import BadCampaignInput, WrongStatus
from campaigns.kinds import KINDS
from campaigns.kinds.registration import is_waiting_for_registration
from campaigns.models import Campaign, Target
from campaigns.selectors import campaign_by_id
from campaigns.services.backoff import keep_turns, stop_sentence, weigh
from campaigns.services.fallback import fall_back, goes_as_text, hear_late
from campaigns.services.lifecycle import TRIES, complete_if_finished, leave_unreached, pass_everybody_to, pause_campaign
from campaigns.services.recording import STATUS, record_outcomes
from campaigns.services.rendering import Renderer
from campaigns.services.resting import WAYS, awake_ways, is_resting, let_rest, rests_until, setbacks_of
from campaigns.services.settling import settle_in_doubt
from campaigns.services.taking import load_targets
from campaigns.types import BatchResult
from customers.selectors import consent_facts
from customers.services import register_missing_customers
from customers.types import ConsentFacts, NewCustomer
from loyalty.errors import OfferRefused
from messaging.errors import PaceUnavailable
from messaging.services import batch_allowance, begin_delivery, finish_delivery
from messaging.types import Channel, Envelope, Outcome, Reason, Receipt
from servicepro.lib.locks import advisory_lock
from servicepro.lib.tenancy import connection

LOCK_SPACE = 7_151  # separates the drain's advisory locks from any other use
LIMIT_MAX = 5_000
LOOKED_AT_MIN, LOOKED_AT_PERCENT = 50, 5
LOOK_SECONDS = 5.0  # how long a running campaign goes without asking whether its template still stands

_WAITS = {way: f"{way.value}_status IN ('pending', 'held')" for way in WAYS}


@lru_cache
def _take(ways: tuple[Channel, ...]) -> str:
    """Return the statement that takes people on the ways that do not rest.

    One drain a campaign (its advisory lock) needs no row locks; whom an owner cancelled meanwhile is not taken. First those the campaign
    passed while they waited, then those it has not come to. Each is found by its place on the page: a row that changed meanwhile has
    another, is left alone and comes up again.
    """
    due = f"""({" OR ".join(_WAITS[way] for way in ways)}) AND (not_before IS NULL OR not_before <= %(now)s)
          ORDER BY id LIMIT %(size)s"""
    taken = ", ".join(f"{way.value}_status = CASE WHEN t.{_WAITS[way]} THEN 'in_doubt' ELSE t.{way.value}_status END" for way in ways)
    wants = ", ".join(f"{f'due.{_WAITS[way]}' if way in ways else 'false'} AS wants_{way.value}" for way in WAYS)
    return f"""
WITH came AS (
    SELECT served_to FROM campaigns_campaign WHERE id = %(campaign)s
), due AS (
    SELECT * FROM (
        (SELECT ctid AS place, id, sms_status, email_status FROM campaigns_target
          WHERE campaign_id = %(campaign)s AND waits AND id > %(after)s AND id <= (SELECT served_to FROM came)
            AND {due})
        UNION ALL
        (SELECT ctid, id, sms_status, email_status FROM campaigns_target
          WHERE campaign_id = %(campaign)s AND id > greatest(%(after)s, (SELECT served_to FROM came))
            AND {due})
    ) AS either ORDER BY id LIMIT %(size)s
)
UPDATE campaigns_target t SET {taken}
  FROM due WHERE t.ctid = due.place AND t.sms_status = due.sms_status AND t.email_status = due.email_status
RETURNING t.ctid::text AS place, t.id, t.campaign_id, t.customer_id, t.name, t.phone, t.phone_raw, t.email, t.opted_out, t.phone_channel,
          t.sms_attempt_id, t.sms_sid, t.facts, t.summary_logged, {wants}
"""


def _no_receipts() -> dict[Channel, dict[int, Receipt]]:
    to_phone: dict[int, Receipt] = {}  # a person gets one message to the phone, whichever way it goes
    return {Channel.SMS: to_phone, Channel.WHATSAPP: to_phone, Channel.EMAIL: {}}


@dataclass(slots=True)
class _Batch:
    """People taken together, and their messages on the way."""

    targets: list[Any]
    fresh_points: set[int] = field(default_factory=set)
    flights: list[Any] = field(default_factory=list)
    has_pace: bool = True
    receipts: dict[Channel, dict[int, Receipt]] = field(default_factory=_no_receipts)


def run_port_recovery_batch(campaign_id: int, limit: int = 100) -> BatchResult:
    """Serve up to `limit` people of a running campaign, once.

    Raises BadCampaignInput for a limit outside 1 to 5,000, UnknownCampaign, and WrongStatus where it is not running or another
    worker is at it.
    """
    if not 1 <= limit <= LIMIT_MAX:
        raise BadCampaignInput(f"The limit must be a number from 1 to {LIMIT_MAX}.")
    return drain(campaign_by_id(campaign_id), limit=limit)


def drain(
    campaign: Campaign, *, limit: int | None = None, seconds: float = 60.0, on_batch: Callable[[BatchResult], None] | None = None
) -> BatchResult:
    """Serve people until `limit` or `seconds` are used up, the campaign is paused, or nobody is due.

    Raises WrongStatus where it is not running or another worker drains it.
    """
    if campaign.status != Campaign.Status.RUNNING:
        raise WrongStatus(f"The campaign is {campaign.status}; only a running one sends.")
    result = BatchResult()
    result.rests_until = rests_until(campaign, timezone.now())
    if result.rests_until:
        return result
    with _only_drain(campaign):
        settle_in_doubt(campaign)
        if not _halted(campaign, result, thoroughly=True):
            _serve(campaign, result, limit=limit, seconds=seconds, on_batch=on_batch)
        leave_unreached(campaign.pk)
        result.is_finished = complete_if_finished(campaign.pk)
    return result


def _serve(
    campaign: Campaign, result: BatchResult, *, limit: int | None, seconds: float, on_batch: Callable[[BatchResult], None] | None
) -> None:
    renderer = Renderer(campaign)
    deadline, looks = timezone.now() + datetime.timedelta(seconds=seconds), time.monotonic() + LOOK_SECONDS
    current = _begin(campaign, renderer, _size(campaign, limit, 0))
    while current:
        taken = result.handled + len(current.targets)
        goes_on = current.has_pace and (limit is None or taken < limit) and timezone.now() < deadline and _is_running(campaign)
        is_time = time.monotonic() > looks or _looks_bad(campaign, result)
        looks = time.monotonic() + LOOK_SECONDS if is_time else looks
        goes_on = goes_on and not _halted(campaign, result, thoroughly=is_time)
        following = _begin_next(campaign, renderer, _size(campaign, limit, taken), current) if goes_on else None
        _finish(campaign, current, result)
        if on_batch:
            on_batch(result)
        if following and (result.paused_because or result.rests_until):
            _finish(campaign, following, result)
            following = None
        current = following


def _looks_bad(campaign: Campaign, result: BatchResult) -> bool:
    """Tell whether so many fail in this very turn that the campaign must be looked at before the next batch."""
    failed, outcomes = result.failed, result.sent + result.failed
    return KINDS[campaign.kind].is_personal and outcomes >= LOOKED_AT_MIN and failed * 100 >= LOOKED_AT_PERCENT * outcomes


def settle_cancelled(campaign: Campaign) -> None:
    """Settle who was just being sent when a campaign was cancelled. Raises WrongStatus where a worker still is at it."""
    with _only_drain(campaign):
        settle_in_doubt(campaign)
        leave_unreached(campaign.pk)


def grant_points_for_target(target: Target) -> bool:
    """Grant the campaign's points to one person, who gets a customer record if there is none; return whether it was new."""
    _give_records([target])
    Target.objects.filter(pk=target.pk).update(customer_id=target.customer_id, points_granted=target.campaign.points)
    return bool(KINDS[target.campaign.kind].effect(target.campaign, [target]))


@contextmanager
def _only_drain(campaign: Campaign) -> Iterator[None]:
    """Hold the campaign's drain. Raises WrongStatus."""
    with advisory_lock(LOCK_SPACE, _lock_name(campaign)) as is_ours:
        if not is_ours:
            raise WrongStatus("Another worker is sending this campaign right now.")
        yield


def is_draining(campaign: Campaign) -> bool:
    """Tell whether a worker sends this campaign just now; where none does, none begins until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [LOCK_SPACE, _lock_name(campaign)])
        return not cursor.fetchone()[0]


def _lock_name(campaign: Campaign) -> str:
    return f"{connection.schema_name}:{campaign.pk}"


def _halted(campaign: Campaign, result: BatchResult, *, thoroughly: bool = False) -> bool:
    """Pause a campaign that must stop here, by its kind or by what a provider said later; return whether it did.

    `thoroughly` asks providers too, which takes a moment.
    """
    sentence = KINDS[campaign.kind].halts(campaign, thoroughly=thoroughly)
    if thoroughly:
        sentence = hear_late(campaign).stops or sentence
    if sentence:
        _pause(campaign, result, sentence)
    return bool(sentence)


def _pause(campaign: Campaign, result: BatchResult, sentence: str) -> None:
    if not result.paused_because:
        result.paused_because = sentence
        if _is_running(campaign):
            pause_campaign(campaign, actor=None, reason=sentence)


def _size(campaign: Campaign, limit: int | None, taken: int) -> int:
    kind = KINDS[campaign.kind]
    allowance = min(map(batch_allowance, kind.paced_by(campaign)))
    allowance = min(allowance, kind.batch_max or allowance)
    return allowance if limit is None else min(allowance, limit - taken)


def _is_running(campaign: Campaign) -> bool:
    return Campaign.objects.filter(pk=campaign.pk, status=Campaign.Status.RUNNING).exists()


def _begin_next(campaign: Campaign, renderer: Renderer, size: int, last: _Batch) -> _Batch | None:
    # Onward from the last person: whoever is done or held back is passed once, not once a batch. At the end again from the start,
    # for those who became due meanwhile.
    return _begin(campaign, renderer, size, last.targets[-1].pk) or _begin(campaign, renderer, size)


def _begin(campaign: Campaign, renderer: Renderer, size: int, after: int = 0) -> _Batch | None:
    now = timezone.now()
    ways = awake_ways(campaign, now)
    if not ways:
        return None
    targets = load_targets(_take(ways), {"campaign": campaign.pk, "after": after, "now": now, "size": size})
    if not targets:
        return None
    batch = _Batch(targets)
    _give_records(targets)
    batch.fresh_points = KINDS[campaign.kind].effect(campaign, targets)
    consents = consent_facts({target.customer_id for target in targets if target.customer_id})
    if renderer.is_personal:
        _fly_each_way(campaign, renderer, batch, consents)
    else:
        _fly(batch, [renderer.sms_envelope(target) for target in targets if target.wants_sms], consents)
        _fly(batch, [renderer.email_envelope(target) for target in targets if target.wants_email], consents)
    return batch


def _fly_each_way(campaign: Campaign, renderer: Renderer, batch: _Batch, consents: Mapping[int, ConsentFacts]) -> None:
    """Let emails go, and messages to phones by WhatsApp or by text, without those whom the kind leaves out."""
    kind = KINDS[campaign.kind]
    reasons = kind.leave_out(campaign, batch.targets, consents)
    going = [target for target in batch.targets if target.pk not in reasons]
    outcome = Outcome.SKIPPED
    try:
        renderer.personal = kind.values(campaign, going)
    except OfferRefused:  # it ended this moment: everybody keeps their turn, and the campaign halts before the next batch
        outcome, reasons, going = Outcome.LATER, {target.pk: "offer_ended" for target in batch.targets}, []
    for way in WAYS:
        wanted = [target for target in batch.targets if getattr(target, f"wants_{way.value}") and target.pk in reasons]
        batch.receipts[way].update((target.pk, Receipt(target.pk, way, outcome, reasons[target.pk])) for target in wanted)
    to_phone = [target for target in going if target.wants_sms]
    _fly(batch, [renderer.email_envelope(target) for target in going if target.wants_email], consents)
    _fly(batch, [renderer.whatsapp_envelope(target) for target in to_phone if target.phone_channel == Channel.WHATSAPP], consents)
    _fly(batch, [renderer.sms_envelope(target) for target in to_phone if target.phone_channel != Channel.WHATSAPP], consents)


def _give_records(targets: Sequence[Target]) -> None:
    """Give people without a customer record one, so that their points exist."""
    without = [target for target in targets if target.customer_id is None]
    people = [NewCustomer(target.name, target.phone, target.email, "port_recovery") for target in without]
    for target, customer_id in zip(without, register_missing_customers(people), strict=True):
        target.customer_id = customer_id


def _fly(batch: _Batch, envelopes: list[Envelope], consents: Mapping[int, ConsentFacts]) -> None:
    if not envelopes:
        return
    try:
        flight = begin_delivery(envelopes, consents=consents)
        if flight.is_us_closed and is_waiting_for_registration():
            flight.receipts = keep_turns(flight.receipts)
        batch.flights.append(flight)
    except PaceUnavailable:
        batch.has_pace = False
        soon = timezone.now() + datetime.timedelta(seconds=5)
        for envelope in envelopes:
            receipt = Receipt(envelope.reference, envelope.channel, Outcome.LATER, Reason.PACE, until=soon)
            batch.receipts[envelope.channel][envelope.reference] = receipt


def _finish(campaign: Campaign, batch: _Batch, result: BatchResult) -> None:
    for flight in batch.flights:
        for receipt in finish_delivery(flight):
            batch.receipts[receipt.channel][receipt.reference] = receipt
    recorded = batch.targets
    if KINDS[campaign.kind].is_personal:
        recorded = _weigh(campaign, batch, result)
    record_outcomes(campaign, recorded, batch.receipts, batch.fresh_points)
    pass_everybody_to(campaign.pk, batch.targets[-1].pk)
    _count(campaign, batch, result)


def _weigh(campaign: Campaign, batch: _Batch, result: BatchResult) -> list[Any]:
    """Give people another try or another way, let what is away rest, tell the kind whom it reached; return who is to be recorded."""
    for way in WAYS:
        if batch.receipts[way]:
            _weigh_way(campaign, batch, result, way)
    receipts = batch.receipts[Channel.SMS]
    KINDS[campaign.kind].reached(campaign, [target for target in batch.targets if _is_sent(receipts.get(target.pk))])
    other_way = [target for target in batch.targets if target.pk in receipts and goes_as_text(campaign, target, receipts[target.pk])]
    told = [(target.pk, str(receipts[target.pk].reason), str(receipts[target.pk].attempt_id or "")) for target in other_way]
    fall_back(campaign, told)
    gone = {pk for pk, _reason, _attempt in told}
    for pk in gone:
        receipts[pk] = replace(receipts[pk], outcome=Outcome.LATER)
    return [target for target in batch.targets if target.pk not in gone]


def _weigh_way(campaign: Campaign, batch: _Batch, result: BatchResult, way: Channel) -> None:
    kind, receipts, now, note = KINDS[campaign.kind], batch.receipts[way], timezone.now(), TRIES[way]
    weighed = weigh(
        receipts,
        {target.pk: target.facts.get(note, 0) for target in batch.targets},
        setbacks=setbacks_of(campaign, way),
        attempts_max=kind.attempts_max or 1,
        throttle=datetime.timedelta(seconds=kind.backoff_seconds),
        now=now,
    )
    receipts |= weighed.receipts
    for target in batch.targets:
        if target.pk in weighed.tries:
            target.facts[note] = weighed.tries[target.pk]
            receipts[target.pk] = replace(receipts[target.pk], facts={note: weighed.tries[target.pk]})
    if weighed.pauses:
        _pause(campaign, result, weighed.pauses)
    elif not is_resting(campaign, way, now) and (weighed.rests or weighed.setbacks != setbacks_of(campaign, way)):
        let_rest(campaign, way, setbacks=weighed.setbacks, until=now + weighed.rests if weighed.rests else None)
    result.rests_until = rests_until(campaign, now)


def _is_sent(receipt: Receipt | None) -> bool:
    return receipt is not None and receipt.outcome is Outcome.SENT


def _count(campaign: Campaign, batch: _Batch, result: BatchResult) -> None:
    result.handled += len(batch.targets)
    counted = WAYS if KINDS[campaign.kind].is_personal else (Channel.SMS,)
    for receipt in (receipt for way in counted for receipt in batch.receipts[way].values()):
        name = STATUS[receipt.outcome]
        if name != "pending":
            setattr(result, name, getattr(result, name) + 1)
    for channel in WAYS:
        if sentence := stop_sentence(batch.receipts[channel]):
            _pause(campaign, result, sentence)
