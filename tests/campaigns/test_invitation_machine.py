"""Whatever happens in whatever order, an invitation's numbers add up and nobody holds two messages."""

import contextlib
import random
from collections import Counter
from collections.abc import Callable

import pytest

from campaigns.errors import WrongStatus
from campaigns.models import Campaign, Target
from campaigns.selectors import campaign_counts, invitation_stats
from campaigns.services import drain, pause_campaign, reopen_for_fallback, resume_campaign, retry_failed, start_campaign
from customers.models import Customer
from customers.services import suppress
from messaging.services import reconcile_sends, record_message_status
from tests.campaigns.inviting import finish, invite, listed, wait_over

FAULTS = ({}, {"reset": 0.5}, {"accept500": 0.5}, {"throttle": 0.5}, {"garbage": 0.4}, {"acceptReset": 0.4})
CODES = ("", "", "63003", "63024", "63014", "63018", "63040")


class World:
    """A campaign, and everything that may happen to it."""

    def __init__(self, campaign: Campaign, simulator: object, dice: random.Random) -> None:
        self.campaign, self.simulator, self.dice = campaign, simulator, dice
        self.undelivered: Counter[str] = Counter()

    def someone(self) -> Target:
        return self.dice.choice(list(Target.objects.order_by("pk")))

    def drains(self) -> None:
        drain(self.campaign, limit=self.dice.randint(1, 6))

    def waits(self) -> None:
        wait_over(self.campaign)

    def provider_changes(self) -> None:
        self.simulator.faults(api="twilio", seed=self.dice.randrange(99), callbacks="off", **self.dice.choice(FAULTS))

    def provider_says(self) -> None:
        target = self.someone()
        if target.sms_status != "sent" or not target.sms_attempt_id:
            return
        is_whatsapp, code = target.phone_channel == "whatsapp", self.dice.choice(CODES)
        status = "undelivered" if code else self.dice.choice(("delivered", "read"))
        sent_to = f"whatsapp:{target.phone}" if is_whatsapp else target.phone
        if record_message_status(attempt_id=target.sms_attempt_id, sid=target.sms_sid, status=status, error_code=code, to=sent_to):
            self.undelivered[target.phone] += is_whatsapp and bool(code)

    def somebody_stops(self) -> None:
        suppress(channel="sms", address=self.someone().phone, reason="stop_keyword", event_key=str(self.dice.random()))

    def somebody_registers(self) -> None:
        Customer.objects.filter(pk=self.someone().customer_id).update(registered_at="2026-11-21T00:00:00Z")

    def owner_pauses(self) -> None:
        pause_campaign(self.campaign, actor=None)

    def owner_resumes(self) -> None:
        resume_campaign(self.campaign, actor=None)

    def owner_retries(self) -> None:
        retry_failed(self.campaign, actor=None)

    def beat_comes(self) -> None:
        reopen_for_fallback()
        reconcile_sends()

    def step(self) -> None:
        acts: list[Callable[[], None]] = [self.drains] * 4 + [self.provider_says] * 3 + [self.owner_resumes] * 2
        acts += [self.waits, self.provider_changes, self.somebody_stops, self.somebody_registers, self.owner_pauses, self.owner_retries]
        with contextlib.suppress(WrongStatus):  # it was not the moment for it
            self.dice.choice([*acts, self.beat_comes])()
        self.campaign.refresh_from_db()

    def check(self) -> None:
        counts, stats = campaign_counts(self.campaign.pk), invitation_stats(self.campaign)
        assert counts.sms.adds_up and counts.sms.total == stats.target == 17
        assert sum(counts.skipped_by_reason.values()) == counts.sms.skipped
        assert stats.read <= stats.delivered <= stats.sent
        sent = Counter(text["to"] for text in self.simulator.texts())
        for phone in Target.objects.values_list("phone", flat=True):
            by_whatsapp, by_text = sent[f"whatsapp:{phone}"], sent[phone]
            assert by_text <= 1 and by_whatsapp + by_text <= 1 + self.undelivered[phone], phone


@pytest.mark.parametrize("seed", range(8))
def test_totals_add_up_and_nobody_holds_two_messages_whatever_happens(tenant, simulator, seed):
    dice = random.Random(seed)
    listed(10, whatsapp_consent=True)
    listed(5, first=300)
    refusing = listed(2, first=320, opted_out=True)
    campaign = invite(dice.choice(("both", "both", "whatsapp", "sms")))
    start_campaign(campaign, actor=None)
    world = World(campaign, simulator, dice)
    for _step in range(30):
        world.step()
        world.check()
    simulator.faults(callbacks="off")
    for _round in range(5):  # what was said late may pause it again
        if campaign.status == "paused":
            resume_campaign(campaign, actor=None)
        finish(campaign)
        world.check()
    counts = campaign_counts(campaign.pk).sms
    assert campaign.status == "completed" and counts.pending + counts.held + counts.in_doubt == 0
    assert [simulator.texts(person.phone) + simulator.texts(f"whatsapp:{person.phone}") for person in refusing] == [[], []]
