"""The WhatsApp message templates of the account, as the provider has them now."""

import re
from collections.abc import Coroutine
from concurrent.futures import TimeoutError as LateAnswer
from typing import Any, TypeVar

from django.conf import settings
from django.core.cache import cache

from messaging.errors import ProviderAway, UnknownTemplate
from messaging.providers.content import TemplatesUnreadable, read_template, read_templates
from messaging.providers.loop import start_in_loop
from messaging.providers.twilio import twilio_account
from messaging.types import WhatsappTemplate

CONTENT_SID = re.compile(r"HX[0-9a-f]{32}")
SHOWN_SECONDS = 30
Result = TypeVar("Result")


def whatsapp_templates() -> list[WhatsappTemplate]:
    """Return the account's templates by name, approved or not. Raises ProviderAway."""
    found = _asked(read_templates(twilio_account())) if _is_configured() else []
    return sorted(found, key=lambda template: (template.name, template.language, template.sid))


def whatsapp_template(sid: str) -> WhatsappTemplate:
    """Return one template as it stands now. Raises UnknownTemplate, and ProviderAway."""
    found = _asked(read_template(twilio_account(), sid)) if CONTENT_SID.fullmatch(sid) and _is_configured() else None
    if found is None:
        raise UnknownTemplate("WhatsApp has no such message template any more. Please choose another one.")
    return found


def whatsapp_template_shown(sid: str) -> WhatsappTemplate:
    """Return one template as it stood at most half a minute ago: a preview asks with every key pressed. Raises as `whatsapp_template`."""
    key = f"whatsapp-template:{sid}"
    known: WhatsappTemplate | None = cache.get(key) if CONTENT_SID.fullmatch(sid) else None
    if known is None:
        known = whatsapp_template(sid)
        cache.set(key, known, SHOWN_SECONDS)
    return known


def _is_configured() -> bool:
    return bool(settings.TWILIO_ACCOUNT_SID and settings.TWILIO_AUTH_TOKEN)


def _asked(question: Coroutine[Any, Any, Result]) -> Result:
    """Return the provider's answer, however many pages it takes, or say in a sentence that there is none."""
    future = start_in_loop(question)
    try:
        return future.result(timeout=3 * settings.PROVIDER_TIMEOUT_SECONDS)
    except TemplatesUnreadable as problem:
        raise ProviderAway(f"The WhatsApp templates cannot be read just now: {problem} Please try again in a minute.") from problem
    except LateAnswer as problem:
        future.cancel()
        raise ProviderAway("The WhatsApp templates cannot be read just now: Twilio is slow. Please try again in a minute.") from problem
