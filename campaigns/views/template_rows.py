"""WhatsApp's templates as they can be picked on a page: with their state, and why one cannot be used."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from messaging.errors import ProviderAway
from messaging.services import whatsapp_templates
from messaging.types import WhatsappTemplate

CHIPS = {"approved": "approved", "rejected": "refused", "paused": "held", "disabled": "refused"}
WHY = {
    "rejected": "WhatsApp refused it{reason}. Change it with your provider and submit it again.",
    "paused": "WhatsApp paused it because people complained{reason}. It can be used again when the pause ends.",
    "disabled": "WhatsApp switched it off for good{reason}. Make another one.",
    "pending": "WhatsApp still looks at it{reason}. It can be chosen when it is approved.",
}
NOT_SUBMITTED = "It was not sent to WhatsApp for approval yet{reason}."


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """A template as it can be picked; `variables` are its numbers as the page shows them."""

    sid: str
    name: str
    language: str
    body: str
    status: str
    chip: str
    why: str
    is_usable: bool
    is_chosen: bool
    variables: tuple[Any, ...]


def template_rows(chosen_sid: str, variables: Callable[[WhatsappTemplate], tuple[Any, ...]]) -> dict[str, Any]:
    """Return the account's templates with their state; or the sentence of a provider that is away."""
    try:
        rows = [_row(template, chosen_sid, variables(template)) for template in whatsapp_templates()]
    except ProviderAway as error:
        return {"templates": {"problem": error.message}}
    shown = [row for row in rows if row.is_usable or row.is_chosen]
    return {"templates": {"rows": shown, "others": [row for row in rows if row not in shown], "is_known": True}}


def _row(template: WhatsappTemplate, chosen_sid: str, variables: tuple[Any, ...]) -> TemplateRow:
    reason = f" ({template.rejection_reason})" if template.rejection_reason else ""
    return TemplateRow(
        sid=template.sid,
        name=template.name,
        language=template.language,
        body=template.body,
        status=template.status,
        chip=CHIPS.get(template.status, "held"),
        why="" if template.is_approved else WHY.get(template.status, NOT_SUBMITTED).format(reason=reason),
        is_usable=template.is_approved,
        is_chosen=template.sid == chosen_sid,
        variables=variables,
    )
