"""A business's numbers: taken from the account, made the one to send from, answered here; never without somebody saying so."""

import re
from collections.abc import Collection, Coroutine, Iterator
from concurrent.futures import TimeoutError as LateAnswer
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from messaging.errors import NotConfirmed, NumberTaken, ProviderAway, RequestOpen, UnknownNumber
from messaging.models import Line, NumberRequest
from messaging.providers.loop import start_in_loop
from messaging.providers.numbers import NumbersUnreadable, read_number, read_numbers, read_recording, send_calls_to
from messaging.providers.twilio import twilio_account
from messaging.services.calls import RECORDING_SID
from messaging.types import AccountNumber, Channel
from servicepro.lib.tenancy import connection
from tenants.selectors import User, current_tenant, public_url, tenants_named
from tenants.services import record_action

Result = TypeVar("Result")
VOICE_PATH = "/api/webhooks/twilio/voice"
LABEL_LENGTH_MAX = 64
_OURS = re.compile(r"servicepro:([a-z0-9_]+):")
_LOCK = 7_161  # one import at a time on the whole platform: two businesses may want the same number


def account_numbers() -> list[AccountNumber]:
    """Return the account's numbers that are this business's or nobody's, by number. Raises ProviderAway."""
    if not (settings.TWILIO_ACCOUNT_SID and settings.TWILIO_AUTH_TOKEN):
        return []
    found = [number for number in _asked(read_numbers(twilio_account())) if _may_be_ours(number)]
    ours = set(Line.objects.filter(channel=Channel.SMS.value).values_list("phone", flat=True))
    taken = _taken({number.phone for number in found} - ours)
    free = [replace(number, is_ours=number.phone in ours) for number in found if number.phone not in taken]
    return sorted(free, key=lambda number: number.phone)


def import_numbers(sids: Collection[str], *, actor: User | None) -> int:
    """Make numbers of the account this business's lines and return how many are new; at the provider nothing is changed.

    Where the business sends from another number, it goes on doing so. Raises UnknownNumber, NumberTaken, ProviderAway.
    """
    known = {number.sid: number for number in _asked(read_numbers(twilio_account())) if _may_be_ours(number)}
    if not set(sids) <= known.keys():
        raise UnknownNumber("One of these numbers is not in the account, or not for you. Look at the list again.")
    wanted = [known[sid] for sid in sorted(set(sids))]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        ours = set(Line.objects.filter(channel=Channel.SMS.value).values_list("phone", flat=True))
        if _taken({number.phone for number in wanted} - ours):
            raise NumberTaken("Another business has one of these numbers. Nothing was taken over.")
        return sum(_keep(number, actor) for number in wanted)


def refuse_taken(e164: str) -> None:
    """Object to a number that another business of this platform has. Raises NumberTaken."""
    if _taken({e164}):
        raise NumberTaken("Another business has this number.")


def refuse_service_of_another(messaging_service_sid: str) -> None:
    """Object to a messaging service that another business of this platform sends with. Raises NumberTaken."""
    here = connection.schema_name
    for tenant in tenants_named(None):
        if tenant.schema_name != here:
            with tenant_context(tenant):
                if Line.objects.filter(messaging_service_sid=messaging_service_sid).exists():
                    raise NumberTaken("Another business has this messaging service.")


def make_primary(line_id: int, *, actor: User | None, confirmed: bool) -> Line:
    """Send texts from this line from now on. Raises UnknownNumber, NotConfirmed."""
    line = _line(line_id)
    if line.is_default:
        return line
    if not confirmed:
        raise NotConfirmed("Customers would get texts from another number. Tick that you mean it.")
    with transaction.atomic():
        Line.objects.filter(channel=line.channel, is_default=True).update(is_default=False)
        Line.objects.filter(pk=line.pk).update(is_default=True)
        record_action(actor, "line_made_primary", f"line:{line.pk}")
    return line


def call_address() -> str:
    """Return where the provider asks what to do with a call to this business."""
    return public_url(current_tenant()) + VOICE_PATH


def take_calls(line_id: int, *, actor: User | None, confirmed: bool) -> Line:
    """Have a line's calls answered here from now on; its texts stay as they are.

    The address it had is kept in the audit trail. Raises UnknownNumber, NumberTaken, NotConfirmed, ProviderAway.
    """
    line = _line(line_id)
    if not confirmed:
        raise NotConfirmed("Calls to this number would be answered here instead of where they go today. Tick that you mean it.")
    number = _at_provider(line)
    _asked(send_calls_to(twilio_account(), number.sid, call_address()))
    Line.objects.filter(pk=line.pk).update(twilio_sid=number.sid)
    record_action(actor, "calls_sent_here", f"line:{line.pk}", before=number.voice_url[:200])
    return line


def request_number(*, area_code: str, note: str, actor: User | None) -> NumberRequest:
    """Write down that this business wants a number of the platform's. Raises RequestOpen where it asked already."""
    try:
        with transaction.atomic():
            asked = NumberRequest.objects.create(area_code=area_code[:8], note=note[:240], requested_by=actor.email if actor else "")
    except IntegrityError as error:
        raise RequestOpen("You have asked for a number already. We will tell you when it is ready.") from error
    record_action(actor, "number_requested", f"number_request:{asked.pk}")
    return asked


def settle_number_request(outcome: str) -> None:
    """Write down what became of the wish for a number: "done" or "declined". Raises UnknownNumber where none is open."""
    is_settled = NumberRequest.objects.filter(status=NumberRequest.Status.OPEN).update(
        status=NumberRequest.Status(outcome), settled_at=timezone.now()
    )
    if not is_settled:
        raise UnknownNumber("This business has not asked for a number.")
    record_action(None, "number_request_settled", "number_request", outcome=outcome)


def voicemail_recording(recording_sid: str) -> bytes:
    """Return a voicemail as MP3. Raises UnknownNumber where there is none any more, ProviderAway."""
    found = _asked(read_recording(twilio_account(), recording_sid)) if RECORDING_SID.fullmatch(recording_sid) else None
    if found is None:
        raise UnknownNumber("This recording does not exist any more.")
    return found


def _keep(number: AccountNumber, actor: User | None) -> bool:
    lines = Line.objects.filter(channel=Channel.SMS.value)
    line = lines.filter(phone=number.phone).first()
    if line is not None:
        lines.filter(pk=line.pk).update(twilio_sid=number.sid, label=line.label or number.label[:LABEL_LENGTH_MAX])
        return False
    # A number the platform lends, or one that is chosen already, goes on sending.
    is_first = not lines.exists() and not settings.TWILIO_FROM_NUMBER
    line = Line.objects.create(
        channel=Channel.SMS.value, phone=number.phone, twilio_sid=number.sid, label=number.label[:LABEL_LENGTH_MAX], is_default=is_first
    )
    record_action(actor, "line_imported", f"line:{line.pk}", number=number.sid)
    return True


def _line(line_id: int) -> Line:
    line = Line.objects.filter(pk=line_id, channel=Channel.SMS.value).first()
    if line is None:
        raise UnknownNumber("You have no such number.")
    return line


def _at_provider(line: Line) -> AccountNumber:
    """Return a line as the account has it; one that was typed by hand is found by its number.

    Raises UnknownNumber, NumberTaken, ProviderAway.
    """
    if line.twilio_sid:
        number = _asked(read_number(twilio_account(), line.twilio_sid))
    else:
        number = next((number for number in _asked(read_numbers(twilio_account())) if number.phone == line.phone), None)
    if number is None or number.phone != line.phone or not _may_be_ours(number):
        raise UnknownNumber("The account does not have this number.")
    refuse_taken(number.phone)
    return number


def _may_be_ours(number: AccountNumber) -> bool:
    """Tell a number that somebody else's name is on, or that the platform itself writes from, from one that may be this business's."""
    labelled = _OURS.match(number.label)
    if labelled:
        return labelled.group(1) == connection.schema_name
    platforms = {settings.TWILIO_FROM_NUMBER, settings.TWILIO_WHATSAPP_NUMBER} - {""}
    return number.phone not in platforms or Line.objects.filter(phone=number.phone).exists()


def _taken(phones: Collection[str]) -> set[str]:
    """Return which numbers another business has. Numbers are sealed under each business's own key, so each is asked."""
    taken: set[str] = set()
    if phones:
        here = connection.schema_name
        for tenant in tenants_named(None):
            if tenant.schema_name != here:
                with tenant_context(tenant):
                    taken |= set(Line.objects.filter(phone__in=list(phones)).values_list("phone", flat=True))
    return taken


@contextmanager
def _in_plain_words(future: Any) -> Iterator[None]:
    try:
        yield
    except NumbersUnreadable as problem:
        raise ProviderAway(f"That did not work just now: {problem} Please try again in a minute.") from problem
    except LateAnswer as problem:
        future.cancel()
        raise ProviderAway("That did not work just now: Twilio is slow. Please try again in a minute.") from problem


def _asked(question: Coroutine[Any, Any, Result]) -> Result:
    future = start_in_loop(question)
    with _in_plain_words(future):
        return future.result(timeout=3 * settings.PROVIDER_TIMEOUT_SECONDS)
