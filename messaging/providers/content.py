"""Twilio's Content API: the message templates of an account and what WhatsApp said of each."""

from collections.abc import Mapping
from typing import Any

from pyreqwest.exceptions import PyreqwestError
from twilio.base.exceptions import TwilioException, TwilioRestException

from messaging.providers.transport import Throttled
from messaging.providers.twilio import TwilioSms
from messaging.types import WhatsappTemplate

PAGE_SIZE, TEMPLATES_MAX = 100, 1_000
UNSUBMITTED = "unsubmitted"
NOT_FOUND = 404


class TemplatesUnreadable(Exception):
    """Twilio did not say which templates there are; the text is short, ours, and for people."""


async def read_templates(account: TwilioSms) -> list[WhatsappTemplate]:
    """Return the account's templates with their approval, the newest first as Twilio lists them. Raises TemplatesUnreadable."""
    found: list[WhatsappTemplate] = []
    try:
        page: Any = await account.client.content.v1.content_and_approvals.page_async(page_size=PAGE_SIZE)
        while page is not None and len(found) < TEMPLATES_MAX:
            found += [_template(record, record.approval_requests) for record in page]
            page = await page.next_page_async()
    except (TwilioException, PyreqwestError, OSError, ValueError) as error:
        raise TemplatesUnreadable(_why(error)) from error
    return found


async def read_template(account: TwilioSms, sid: str) -> WhatsappTemplate | None:
    """Return one template with its approval, None where the account has no such template. Raises TemplatesUnreadable."""
    content = account.client.content.v1.contents(sid)
    try:
        record = await content.fetch_async()
        approval = await content.approval_fetch().fetch_async()
    except TwilioRestException as error:
        if error.status == NOT_FOUND:
            return None
        raise TemplatesUnreadable(_why(error)) from error
    except (TwilioException, PyreqwestError, OSError, ValueError) as error:
        raise TemplatesUnreadable(_why(error)) from error
    return _template(record, approval.whatsapp)


def _template(record: Any, approval: Mapping[str, Any] | None) -> WhatsappTemplate:
    approval = approval or {}
    return WhatsappTemplate(
        sid=record.sid or "",
        name=str(approval.get("name") or record.friendly_name or record.sid),
        language=record.language or "",
        body=_body(record.types or {}),
        variables={str(name): str(sample) for name, sample in (record.variables or {}).items()},
        status=str(approval.get("status") or UNSUBMITTED).lower(),
        rejection_reason=str(approval.get("rejection_reason") or ""),
        category=str(approval.get("category") or "").upper(),
    )


def _body(types: Mapping[str, Any]) -> str:
    """Return the words of a template: whatever its kind calls them."""
    for shape in types.values():
        words = shape.get("body") or shape.get("title") if isinstance(shape, Mapping) else None
        if words:
            return str(words)
    return ""


def _why(error: Exception) -> str:
    if isinstance(error, Throttled):
        return "Twilio asks to wait a moment."
    if isinstance(error, TwilioRestException) and error.status in (401, 403):
        return "Twilio did not accept this account's credentials."
    return "Twilio does not answer."
