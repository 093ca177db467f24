"""Whatever happens in whatever order, a messaging campaign's numbers add up and nobody gets two of one kind."""

import contextlib
import random
from collections import Counter
from collections.abc import Callable

import pytest

from campaigns.errors import WrongStatus
from campaigns.models import Campaign, Target
from campaigns.services import drain, pause_campaign, remove_recipient, resume_campaign, retry_failed
from customers.models import Customer
from customers.services import suppress
from messaging.services import reconcile_sends, record_message_status
from tests.campaigns.messaging_shop import agreed
from tests.campaigns.newsletters import finish, started, stats_of, told, wait_over

FAULTS = ({}, {"reset": 0.5}, {"accept500": 0.5}, {"throttle": 0.5}, {"garbage": 0.4}, {"acceptReset": 0.4})
EVENTS = ("processed", "delivered", "delivered", "bounce", "spamreport", "dropped")
CODES = ("", "", "63024", "63014", "63018", "63040")


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
        api = self.dice.choice(("twilio", "sendgrid", "both"))
        self.simulator.faults(api=api, seed=self.dice.randrange(99), callbacks="off", **self.dice.choice(FAULTS))

    def sendgrid_says(self) -> None:
        target = self.someone()
        if target.email_status == "sent" and target.email_attempt_id:
            told(self.campaign, target.email, self.dice.choice(EVENTS))

    def whatsapp_says(self) -> None:
        target = self.someone()
        if target.sms_status == "sent" and target.sms_attempt_id:
            code, sent_to = self.dice.choice(CODES), f"whatsapp:{target.phone}"
            status = "undelivered" if code else self.dice.choice(("delivered", "read"))
            if record_message_status(attempt_id=target.sms_attempt_id, sid=target.sms_sid, status=status, error_code=code, to=sent_to):
                self.undelivered[sent_to] += bool(code)

    def somebody_stops(self) -> None:
        channel, person = self.dice.choice(("whatsapp", "email")), self.someone().customer
        address = person.email if channel == "email" else person.phone
        suppress(channel=channel, address=address, reason="unsubscribe", event_key=str(self.dice.random()))

    def somebody_withdraws(self) -> None:
        Customer.objects.filter(pk=self.someone().customer_id).update(gdpr_marketing_consent=self.dice.choice((False, None)))

    def owner_pauses(self) -> None:
        pause_campaign(self.campaign, actor=None)

    def owner_resumes(self) -> None:
        resume_campaign(self.campaign, actor=None)

    def owner_retries(self) -> None:
        retry_failed(self.campaign, actor=None)

    def owner_takes_off(self) -> None:
        remove_recipient(self.campaign, self.someone().pk, actor=None)

    def beat_comes(self) -> None:
        reconcile_sends()

    def step(self) -> None:
        acts: list[Callable[[], None]] = [self.drains] * 4 + [self.sendgrid_says, self.whatsapp_says] * 2 + [self.owner_resumes] * 2
        acts += [self.waits, self.provider_changes, self.somebody_stops, self.somebody_withdraws, self.owner_pauses, self.owner_retries]
        with contextlib.suppress(WrongStatus):  # it was not the moment for it
            self.dice.choice([*acts, self.beat_comes, self.owner_takes_off])()
        self.campaign.refresh_from_db()

    def check(self) -> None:
        for channel in stats_of(self.campaign).channels:
            assert channel.total == channel.sent + channel.failed + channel.skipped + channel.pending == Target.objects.count()
            assert channel.opened <= channel.delivered <= channel.sent and channel.bounced + channel.delivered <= channel.sent
        mails = Counter(mail["to"] for mail in self.simulator.emails())
        texts = Counter(text["to"] for text in self.simulator.texts())
        assert all(count == 1 for count in mails.values()), mails
        assert all(count <= 1 + self.undelivered[to] for to, count in texts.items()), texts


@pytest.mark.parametrize("seed", range(8))
def test_totals_add_up_and_nobody_gets_two_whatever_happens(tenant, simulator, settings, seed):
    settings.WHATSAPP_MARKETING_TO_US = True
    dice = random.Random(seed)
    agreed(9, whatsapp_consent=True)
    agreed(4)
    refusing = agreed(2, email_opt_out=True, whatsapp_consent=False)
    campaign = started(dice.choice(("email whatsapp", "email whatsapp", "email", "whatsapp")))
    world = World(campaign, simulator, dice)
    for _step in range(40):
        world.step()
        world.check()
    simulator.faults(callbacks="off")
    for _round in range(6):  # what was said late may pause it again
        if campaign.status == "paused":
            resume_campaign(campaign, actor=None)
        finish(campaign)
        world.check()
    assert campaign.status == "completed" and not any(channel.pending for channel in stats_of(campaign).channels)
    for person in refusing:
        assert simulator.emails(person.email) == simulator.texts(f"whatsapp:{person.phone}") == []
