"""What a messaging campaign says: what of it can be kept, what stands against sending it so, and what its owner might think of."""

import re
from collections.abc import Collection

from django.conf import settings

from campaigns.kinds import KINDS
from campaigns.models import Campaign
from campaigns.services.field_words import field_problem, template_problems, unknown_field
from campaigns.types import MessagingContent
from servicepro.lib.merge_fields import split_fallback
from servicepro.lib.rich_text import has_words, plain_twin, subject_problem

EMAIL, WHATSAPP = "email", "whatsapp"
WHATSAPP_CHARACTERS_MAX = 1_600  # Twilio refuses a longer one
HTML_CHARACTERS_MAX = 60_000  # mail programs cut off what is longer than about 100 KB, footer and all
SUBJECT_SHOWN = 60  # characters of a subject that fit into a list of mails
FIELDS = KINDS["messaging"].fields
LINK_FIELDS = frozenset({"booking_link", "preferences_link"})
_FIELD_IN_PAGE = re.compile(r"\{\{([^{}]*)\}\}")
_OPT_OUT = re.compile(r"\b(?:stop|unsubscribe|opt[ -]?out)\b|\{\{\s*preferences_link", re.IGNORECASE)
_SHORTENED = re.compile(r"\b(?:bit\.ly|tinyurl\.com|goo\.gl|ow\.ly|is\.gd|buff\.ly|cutt\.ly|rebrand\.ly|twil\.io|t\.co)/", re.IGNORECASE)
_PLAIN_HTTP = re.compile(r"\bhttp://", re.IGNORECASE)
_UNKEPT = re.compile("[\x00\ud800-\udfff]")
Problems = dict[str, str]


def content_of(campaign: Campaign) -> MessagingContent:
    """Return what a campaign says, as it was written."""
    return MessagingContent(
        email_subject=campaign.email_subject,
        email_html=campaign.email_html,
        whatsapp_text=campaign.sms_text,
        content_sid=campaign.content_sid,
        content_variables=campaign.content_variables,
    )


def unkeepable(content: MessagingContent) -> Problems:
    """Return {field: why it cannot even be kept in a draft}: what no column holds, and a subject that would open another header."""
    problems: Problems = {}
    if sentence := subject_problem(content.email_subject):
        problems["email_subject"] = sentence
    if len(content.email_html) > HTML_CHARACTERS_MAX:
        problems["email_html"] = f"The email is too long: use at most {HTML_CHARACTERS_MAX:,} characters with its formatting."
    if len(content.whatsapp_text) > WHATSAPP_CHARACTERS_MAX:
        problems["whatsapp_text"] = f"The message is too long: use at most {WHATSAPP_CHARACTERS_MAX:,} characters."
    mapped = (*content.content_variables, *content.content_variables.values())
    if len(content.content_sid) > 34 or any(_UNKEPT.search(word) or len(word) > 120 for word in (content.content_sid, *mapped)):
        problems["content_sid"] = "This is not a template we could use. Choose one from the list."
    if _UNKEPT.search(content.whatsapp_text):
        problems["whatsapp_text"] = "There is a character in it that cannot be kept. Type it anew."
    return problems


def content_problems(content: MessagingContent, channels: Collection[str]) -> Problems:
    """Return {field: what stands against sending it so} on the chosen channels; the template is asked for at the provider's."""
    email = _email_problems(content) if EMAIL in channels else {}
    whatsapp = _whatsapp_problems(content) if WHATSAPP in channels else {}
    return email | whatsapp | unkeepable(content)


def _email_problems(content: MessagingContent) -> Problems:
    problems: Problems = {}
    subject = "Give the email a subject." if not content.email_subject.strip() else _field_problem(content.email_subject)
    if subject:
        problems["email_subject"] = subject
    body = _page_problem(content.email_html) if has_words(content.email_html) else "Write what the email says."
    if body:
        problems["email_html"] = body
    return problems


def _page_problem(page: str) -> str:
    """Return what is wrong with the fields of formatted text: those of its words, and those a format runs through."""
    twin = plain_twin(page)
    if sentence := _field_problem(twin):
        return sentence
    inside = next((name for name in _FIELD_IN_PAGE.findall(page) if "<" in name), None)
    if inside is not None or len(_FIELD_IN_PAGE.findall(page)) < len(_FIELD_IN_PAGE.findall(twin)):
        named = f" {{{{{plain_twin(inside)}}}}}" if inside else ""
        return f"A format ends inside the field{named}. Format the field as a whole, or not at all."
    return ""


def _field_problem(text: str) -> str:
    return field_problem(text, FIELDS, with_fallbacks=True)


def _whatsapp_problems(content: MessagingContent) -> Problems:
    if not content.content_sid:
        if not content.whatsapp_text.strip():
            return {"whatsapp_text": "Write the WhatsApp message, or choose an approved template."}
        sentence = _field_problem(content.whatsapp_text)
        return {"whatsapp_text": sentence} if sentence else {}
    for name in content.content_variables.values():
        field, own = split_fallback(name)
        if field not in FIELDS or (own is not None and set(own) & set("{}|")):
            return {"content_variables": unknown_field(name, FIELDS)}
    return template_problems(content.content_sid, content.content_variables)


def content_hints(content: MessagingContent, channels: Collection[str], business_name: str) -> dict[str, list[str]]:
    """Return {channel: what would make the message better received}; nothing of it stands against sending."""
    hints = {EMAIL: _email_hints(content), WHATSAPP: _whatsapp_hints(content, business_name)}
    return {channel: hints[channel] for channel in hints if channel in channels}


def _email_hints(content: MessagingContent) -> list[str]:
    subject, twin = content.email_subject.strip(), plain_twin(content.email_html)
    letters = [letter for letter in subject if letter.isalpha()]
    names_link = any(f"{{{{{name}" in subject.replace(" ", "") for name in LINK_FIELDS)
    found = [
        (len(subject) > SUBJECT_SHOWN, f"The subject is longer than {SUBJECT_SHOWN} characters: phones cut it off."),
        (len(letters) > 8 and subject.upper() == subject, "A subject in capital letters looks like spam to mail programs."),
        ("!!" in subject, "One exclamation mark is enough: more look like spam to mail programs."),
        (names_link, "A link in a subject cannot be pressed: put it into the text."),
    ]
    return [sentence for applies, sentence in found if applies] + _link_hints(twin)


def _whatsapp_hints(content: MessagingContent, business_name: str) -> list[str]:
    found = [(not settings.WHATSAPP_MARKETING_TO_US, "WhatsApp delivers no advertising to numbers in the US: those people are left out.")]
    if content.content_sid:
        return [sentence for applies, sentence in found if applies]
    text = content.whatsapp_text
    has_name = business_name.lower() in text.lower() or "business_name" in text
    found += [
        (True, "Without a template WhatsApp delivers it only to people who wrote to you within the last 24 hours."),
        (bool(text) and not has_name, "Say who writes: put in the business name."),
        (bool(text) and not _OPT_OUT.search(text), "Say how to stop it, for example “Reply STOP to get no more of these.”"),
    ]
    return [sentence for applies, sentence in found if applies] + _link_hints(text)


def _link_hints(text: str) -> list[str]:
    found = [
        (_SHORTENED.search(text), "A shortened link hides where it leads, and is often filtered: use the whole address."),
        (_PLAIN_HTTP.search(text), "A link begins with http:// and is not secure: use https:// where that works."),
    ]
    return [sentence for applies, sentence in found if applies]
