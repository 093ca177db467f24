"""What stands against an invitation's words, each in one sentence beside the field it is about."""

import re

from campaigns.errors import BadCampaignInput
from campaigns.kinds import KINDS
from campaigns.kinds.invitation import OFFER_FIELDS
from campaigns.models import Campaign
from campaigns.services.field_words import field_problem, template_problems, unknown_field
from campaigns.types import STATUSES, Audience, InvitationDraft
from loyalty.selectors import offer_terms

NAME_CHARACTERS_MAX, TEXT_CHARACTERS_MAX = 100, 1_600
FIELDS = KINDS["invitation"].fields
_OPT_OUT = re.compile(r"\b(?:stop|unsubscribe|opt[ -]?out)\b", re.IGNORECASE)
Problems = dict[str, str]


def check_invitation(name: str, draft: InvitationDraft, audience: Audience) -> None:
    """Object to whatever cannot be sent so. Raises BadCampaignInput; its details name each field and what is wrong there."""
    problems: Problems = {}
    if not name.strip():
        problems["name"] = "Give it a name, for example “Spring list”."
    elif len(name.strip()) > NAME_CHARACTERS_MAX:
        problems["name"] = f"The name is too long: use at most {NAME_CHARACTERS_MAX} characters."
    if any("\0" in text for text in (name, draft.message_template, *audience.tags, *draft.content_variables, draft.content_sid)):
        problems["message_template"] = "There is a character in it that cannot be kept. Type it anew."
    if draft.channel not in Campaign.Channel.values:
        problems["channel"] = "The channel must be whatsapp, sms or both."
    problems |= word_problems(draft, with_rules=True) | _template_problems(draft)
    if not audience.statuses or audience.statuses - set(STATUSES):
        problems["audience"] = f"Choose who is invited by how far they have come: {', '.join(STATUSES)}."
    if problems:
        raise BadCampaignInput(next(iter(problems.values())), fields=problems)


def word_problems(draft: InvitationDraft, *, with_rules: bool) -> Problems:
    """Return what is wrong with the offer and the text; without the rules only what keeps it from being shown."""
    problems: Problems = {}
    terms = offer_terms(draft.offer_id) if draft.offer_id else None
    if draft.offer_id and terms is None:
        problems["offer_id"] = "There is no such welcome offer. Choose another one."
    elif terms and not terms.is_active and with_rules:
        problems["offer_id"] = f"The welcome offer “{terms.name}” is not active. Activate it first, or choose another one."
    if is_text_sent(draft):
        sentence = field_problem(draft.message_template, FIELDS) or (_rule_problem(draft) if with_rules else "")
        if sentence:
            problems["message_template"] = sentence
        elif not draft.offer_id and (named := _offer_fields(draft.message_template)):
            problems["message_template"] = _no_offer(named)
    return problems


def is_text_sent(draft: InvitationDraft) -> bool:
    """Tell whether the text itself reaches anybody: a WhatsApp template has words of its own."""
    return draft.channel != Campaign.Channel.WHATSAPP or not draft.content_sid


def _rule_problem(draft: InvitationDraft) -> str:
    text = draft.message_template
    if not text.strip() or len(text) > TEXT_CHARACTERS_MAX:
        return f"The text needs 1 to {TEXT_CHARACTERS_MAX:,} characters."
    if not _OPT_OUT.search(text):
        return "The text must say how to stop: add, for example, “Reply STOP to opt out.”"
    return ""


def _offer_fields(text: str) -> list[str]:
    return [name for name in map(str.strip, re.findall(r"\{\{([^{}]*)\}\}", text)) if name in OFFER_FIELDS]


def _no_offer(named: list[str]) -> str:
    return f"The text speaks of an offer ({{{{{named[0]}}}}}), but none is chosen. Choose an offer, or leave those words out."


def _template_problems(draft: InvitationDraft) -> Problems:
    if not draft.content_sid or draft.channel == Campaign.Channel.SMS:
        return {}
    wrong = next((name for name in draft.content_variables.values() if name not in FIELDS), None)
    if wrong is not None:
        return {"content_variables": unknown_field(wrong, FIELDS)}
    if not draft.offer_id and (named := [name for name in draft.content_variables.values() if name in OFFER_FIELDS]):
        return {"content_variables": _no_offer(named)}
    return template_problems(draft.content_sid, draft.content_variables)
