"""What callers hear, step by step, and the messages they leave."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from customers.services import record_inbound_message
from messaging.models import CallRouting, MenuOption
from messaging.selectors import call_routing, menu_options
from messaging.types import Ask, CallStep, Dial, HangUp, Record, Say
from tenants.selectors import current_tenant

logger = logging.getLogger(__name__)

ATTEMPTS_MAX = 2  # whoever presses a wrong key twice is better off leaving a message
RECORDING_SID = re.compile(r"RE[0-9a-f]{32}")
ANONYMOUS = "anonymous"
_WITHHELD = {"", ANONYMOUS, "restricted", "unavailable", "unknown", "private", "+266696687", "+7378742833", "+8656696"}
GOODBYE = "Thank you. Goodbye."
NOT_A_KEY = "Sorry, that is not one of the choices."
NOBODY_THERE = "Nobody can take your call right now."


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens with calls, as it stands or as an owner is about to decide."""

    routing: CallRouting
    options: Sequence[MenuOption]

    @property
    def greeting(self) -> str:
        """The first words."""
        return self.routing.greeting or f"Thank you for calling {current_tenant().name}."

    @property
    def voicemail_words(self) -> str:
        """The words before the tone."""
        return self.routing.voicemail_words or "Please leave a message after the tone, and we will get back to you."

    @property
    def menu_words(self) -> str:
        """The choices, read out."""
        return " ".join(f"For {option.label}, press {option.digit}." for option in self.options)


def current_plan() -> Plan:
    """Return what happens with calls to this business; where nobody decided, they are taken by the voicemail."""
    return Plan(call_routing(), menu_options())


def answer_call(plan: Plan) -> list[CallStep]:
    """Return the first steps of a call."""
    mode = plan.routing.mode
    if mode == CallRouting.Mode.FORWARD and plan.routing.forward_to:
        return [Dial(plan.routing.forward_to)]
    if mode == CallRouting.Mode.IVR and plan.options:
        return [Ask(f"{plan.greeting} {plan.menu_words}", 1)]
    return [Record(f"{plan.greeting} {plan.voicemail_words}")]


def choose_option(plan: Plan, *, digit: str, attempt: int) -> list[CallStep]:
    """Return what follows when a caller pressed `digit` ("" for none) after the menu was read for the `attempt`-th time."""
    option = next((option for option in plan.options if option.digit == digit), None)
    if option is None:
        again: CallStep = Ask(plan.menu_words, attempt + 1) if attempt < ATTEMPTS_MAX and plan.options else Record(plan.voicemail_words)
        return [Say(NOT_A_KEY), again] if digit else [again]
    if option.action == MenuOption.Action.FORWARD and option.forward_to:
        return [Dial(option.forward_to)]
    if option.action in (MenuOption.Action.MESSAGE, MenuOption.Action.HOURS) and option.words:
        ends: CallStep = Ask(plan.menu_words, attempt + 1) if attempt < ATTEMPTS_MAX else HangUp()
        return [Say(option.words), ends]
    return [Record(plan.voicemail_words)]


def after_forward(plan: Plan, status: str) -> list[CallStep]:
    """Return what follows a call that was put through: nothing where somebody spoke, else the voicemail."""
    if status in ("completed", "answered"):
        return [HangUp()]
    return [Record(f"{NOBODY_THERE} {plan.voicemail_words}")]


def keep_voicemail(*, recording_sid: str, caller: str, seconds: int) -> bool:
    """Put a voicemail into its caller's conversation; return whether it is new. The recording stays with the provider.

    Callers who withhold their number share a conversation that nobody can be written to from.
    """
    if not RECORDING_SID.fullmatch(recording_sid) or seconds < 1:
        return False
    sender = ANONYMOUS if caller.lower() in _WITHHELD else caller
    message = record_inbound_message(
        source="twilio",
        from_e164=sender,
        body=f"Voicemail, {seconds} second{'' if seconds == 1 else 's'}: {voicemail_path(recording_sid)}",
        provider_id=recording_sid,
        occurred_at=timezone.now(),
        needs_review=True,
    )
    logger.info("voicemail recording=%s seconds=%s new=%s", recording_sid, seconds, message is not None)
    return message is not None


def voicemail_path(recording_sid: str) -> str:
    """Return where somebody of the business listens to it; the provider's own address needs the account's password."""
    return f"/admin/voicemails/{recording_sid}/"
