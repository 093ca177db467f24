"""Who answers calls: what an owner decides, checked and kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from messaging.errors import BadRouting
from messaging.models import CallRouting, MenuOption
from messaging.selectors import own_phone_tags
from messaging.services.calls import Plan
from servicepro.lib.fields import phone_tag
from tenants.selectors import User
from tenants.services import record_action

Mode, Action = CallRouting.Mode, MenuOption.Action


@dataclass(frozen=True, slots=True)
class Choice:
    """One key of the menu, as an owner typed it."""

    digit: str
    label: str
    action: str
    forward_to: str | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Routing:
    """What an owner decides about calls."""

    mode: str
    forward_to: str | None = None
    greeting: str = ""
    voicemail_words: str = ""
    choices: Sequence[Choice] = ()

    def plan(self) -> Plan:
        """Return what callers would hear, without keeping it."""
        routing = CallRouting(
            pk=1, mode=self.mode, forward_to=self.forward_to, greeting=self.greeting, voicemail_words=self.voicemail_words
        )
        options = [
            MenuOption(digit=choice.digit, label=choice.label, action=choice.action, forward_to=choice.forward_to, words=choice.words)
            for choice in sorted(self.choices, key=lambda choice: choice.digit)
        ]
        return Plan(routing, options)


def check_routing(routing: Routing) -> None:
    """Object to what would leave a caller with nothing or in a circle. Raises BadRouting with {field: sentence} in `fields`."""
    wrong: dict[str, str] = {}
    ours = set(own_phone_tags())
    if routing.mode == Mode.FORWARD:
        if not routing.forward_to:
            wrong["forward_to"] = "Type the number your calls are put through to."
        elif phone_tag(routing.forward_to) in ours:
            wrong["forward_to"] = "This is the number people call: the call would go round in a circle. Type your own phone."
    if routing.mode == Mode.IVR and not routing.choices:
        wrong["digit_1"] = "A menu needs at least one key."
    digits = [choice.digit for choice in routing.choices]
    for row, choice in enumerate(routing.choices, start=1):
        if digits.count(choice.digit) > 1:
            wrong[f"digit_{row}"] = f"The key {choice.digit} is there twice."
        if choice.action == Action.FORWARD and not choice.forward_to:
            wrong[f"forward_to_{row}"] = f"Type the number for the key {choice.digit}."
        elif choice.action == Action.FORWARD and phone_tag(choice.forward_to or "") in ours:
            wrong[f"forward_to_{row}"] = f"The key {choice.digit} would call this very number: the call would go round in a circle."
        if choice.action in (Action.MESSAGE, Action.HOURS) and not choice.words:
            wrong[f"words_{row}"] = f"Type what is said for the key {choice.digit}."
    if wrong:
        raise BadRouting(next(iter(wrong.values())), fields=wrong)


def save_routing(routing: Routing, *, actor: User | None) -> None:
    """Keep what an owner decided; calls that come in now are answered like it. Raises BadRouting."""
    check_routing(routing)
    plan = routing.plan()
    with transaction.atomic():
        plan.routing.save()
        MenuOption.objects.all().delete()
        MenuOption.objects.bulk_create(plan.options)
        record_action(actor, "call_routing_changed", "call_routing", mode=routing.mode, keys=len(plan.options))
