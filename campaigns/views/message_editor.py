"""What the page of a messaging campaign's words is made of: what was typed, templates, whom it is shown as, and how it looks to them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, QueryDict

from campaigns.choosing import channels_of, customer_in, list_customers, selection_of
from campaigns.models import Campaign
from campaigns.services.messaging_drafts import EMAIL, WHATSAPP
from campaigns.services.messaging_preview import as_written, preview_messaging
from campaigns.services.messaging_words import (
    HTML_CHARACTERS_MAX,
    WHATSAPP_CHARACTERS_MAX,
    content_hints,
    content_of,
    content_problems,
)
from campaigns.types import CustomerFilter, ListedCustomer, MessagingContent
from campaigns.views.previewing import PEOPLE_SHOWN, SEARCH_CHARACTERS_MAX
from campaigns.views.template_rows import template_rows
from customers.services import record_access
from messaging.types import WhatsappTemplate
from servicepro.lib.errors import ServiceProError
from servicepro.lib.merge_fields import split_fallback
from servicepro.lib.rich_text import from_plain, plain_twin, sanitise
from tenants.selectors import current_tenant, signed_in_user

# What a button puts in, what it is called, and what it stands for where that is not plain.
FIELDS = (
    ("{{first_name|there}}", "First name", "“there” where we know no name"),
    ("{{customer_name|there}}", "Whole name", ""),
    ("{{business_name}}", "Business name", ""),
    ("{{points|0}}", "Points", "their balance"),
    ("{{booking_link}}", "Booking link", "your booking page"),
    ("{{preferences_link}}", "Preferences link", "where they choose what they get"),
)
LINKS = frozenset({"{{booking_link}}", "{{preferences_link}}"})
MAPPABLE = tuple((split_fallback(token.strip("{}"))[0], label) for token, label, _help in FIELDS)
MAPPED = re.compile(r"map-(HX[0-9a-f]{32})-([A-Za-z0-9_]{1,16})", re.ASCII)
OWN_CHARACTERS_MAX = 40
_MAIL = "<!doctype html><meta charset='utf-8'><base target='_blank'><style>body{{margin:1rem;background:#fff;color:#1f2937;font:16px/1.5 sans-serif;overflow-wrap:anywhere}}a{{color:#1d4ed8;pointer-events:none}}</style>{}"  # noqa: E501 - as it is read


def typed_content(posted: QueryDict, campaign: Campaign) -> MessagingContent:
    """Return what was typed; what the page did not ask for, of a channel that is not chosen, stays as it is kept."""
    saved = content_of(campaign)
    sid = posted.get("content_sid", saved.content_sid).strip()
    asks_template = any(name.startswith("map-") for name in posted) or sid != saved.content_sid
    return MessagingContent(
        email_subject=posted.get("email_subject", saved.email_subject).strip(" "),
        email_html=_typed_page(posted, saved.email_html),
        whatsapp_text=posted.get("whatsapp_text", saved.whatsapp_text).replace("\r\n", "\n"),
        content_sid=sid,
        content_variables=_mapped(posted, sid) if asks_template else saved.content_variables,
    )


def _typed_page(posted: QueryDict, saved: str) -> str:
    """Return the formatted text: of the editor where it ran, else of the plain field, which takes no formatting from what it shows."""
    if posted.get("email_format") == "html":
        return sanitise(posted.get("email_html", saved)[: 2 * HTML_CHARACTERS_MAX])
    plain = posted.get("email_plain", "").replace("\r\n", "\n")
    if "email_plain" not in posted or plain.strip() == plain_twin(saved).strip():
        return saved
    return from_plain(plain[:HTML_CHARACTERS_MAX])


def _mapped(posted: QueryDict, sid: str) -> dict[str, str]:
    """Return what stands for each number of the chosen template, "first_name|there"."""
    found: dict[str, str] = {}
    for key, name in posted.items():
        matched = MAPPED.fullmatch(key)
        if matched and matched.group(1) == sid and name:
            own = str(posted.get(f"or-{sid}-{matched.group(2)}", "")).strip()[:OWN_CHARACTERS_MAX]
            found[matched.group(2)] = f"{name}|{own}" if own and "|" not in str(name) else str(name)
    return found


def words_context(campaign: Campaign, typed: MessagingContent | None = None) -> dict[str, Any]:
    """Return what the page says about channels, fields and limits."""
    channels = channels_of(campaign)
    return {
        "has_email": EMAIL in channels,
        "has_whatsapp": WHATSAPP in channels,
        "all_fields": FIELDS,
        "word_fields": [field for field in FIELDS if field[0] not in LINKS],
        "mappable": MAPPABLE,
        "sample_field": "{{first_name|dear friend}}",
        "whatsapp_max": WHATSAPP_CHARACTERS_MAX,
        "whatsapp_max_said": f"{WHATSAPP_CHARACTERS_MAX:,}",
        "plain": plain_twin(typed.email_html) if typed else "",
    }


def shown_as_context(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    """Return whom it may be shown as: who was chosen, and who of the selection matches what is typed; recorded."""
    who = request.POST.get("who", "").replace("\0", "").strip()[:SEARCH_CHARACTERS_MAX]
    selection, chosen = selection_of(campaign), _chosen(request, campaign)
    found = {chosen.id: chosen} if chosen else {}
    if who or not chosen:
        page = list_customers(selection, CustomerFilter(search=who), limit=PEOPLE_SHOWN, is_selected_only=True)
        found |= {customer.id: customer for customer in page.customers[: PEOPLE_SHOWN if who else 1]}
    if found:
        record_access(actor=signed_in_user(request), action="view", how_many=len(found), subject="message preview")
    first = chosen or next(iter(found.values()), None)
    return {
        "who": who,
        "found": [(customer.id, customer.name or "no name", customer.email or customer.masked_phone) for customer in found.values()],
        "shown_as": first.id if first else None,
    }


def _chosen(request: HttpRequest, campaign: Campaign) -> ListedCustomer | None:
    text = request.POST.get("as", "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        return None
    return customer_in(selection_of(campaign), int(text))


def preview_context(
    request: HttpRequest, campaign: Campaign, typed: MessagingContent, shown_as: int | None = None
) -> dict[str, Any]:  # fmt: skip
    """Return the message as one customer would get it, and what might be better about it."""
    chosen = _chosen(request, campaign)
    shown_as = chosen.id if chosen else shown_as
    channels = channels_of(campaign)
    try:
        found = preview_messaging(as_written(campaign, typed), shown_as)
    except ServiceProError as error:
        return {"preview": {"problem": error.message}}
    is_empty = not typed.email_html and not typed.whatsapp_text and not typed.content_sid
    return {
        "preview": {
            "name": found.name,
            "email_subject": found.email_subject,
            "email_text": found.email_text,
            "page": _MAIL.format(found.email_html),
            "whatsapp_text": found.whatsapp_text,
            "has_template": bool(typed.content_sid),
            "is_too_long": len(found.whatsapp_text) > WHATSAPP_CHARACTERS_MAX,
        },
        "hints": content_hints(typed, channels, current_tenant().name),
        "objections": [] if is_empty else list(content_problems(typed, channels).values()),
    }


@dataclass(frozen=True, slots=True)
class Variable:
    """A number of a template: its sample, the field chosen for it, and what is said where that has no value."""

    number: str
    sample: str
    field: str
    own: str


def templates_context(typed: MessagingContent) -> dict[str, Any]:
    """Return the account's WhatsApp templates, with what each number stands for."""

    def variables(template: WhatsappTemplate) -> tuple[Variable, ...]:
        chosen = dict(typed.content_variables) if template.sid == typed.content_sid else {}
        mapped = guess_fields(template) | chosen
        return tuple(_variable(number, sample, mapped.get(number, "")) for number, sample in template.variables.items())

    return template_rows(typed.content_sid, variables)


def _variable(number: str, sample: str, named: str) -> Variable:
    field, own = split_fallback(named)
    return Variable(number, sample, field, own or "")


def guess_fields(template: WhatsappTemplate) -> dict[str, str]:
    """Return which field each of a template's numbers seems to stand for, by the words before it and its sample."""
    found: dict[str, str] = {}
    for number, sample in template.variables.items():
        guess = _guess(template.body, number, sample)
        if guess and guess not in found.values():
            found[number] = guess
    return found


def _guess(body: str, number: str, sample: str) -> str:
    greeted = re.search(rf"\b(?:hi|hello|hey|dear|hola|hallo|namaste)\W+\{{\{{{re.escape(number)}\}}\}}", body, re.IGNORECASE)
    shapes: Mapping[str, bool] = {
        "first_name|there": bool(greeted),
        "booking_link": bool(re.match(r"https?://", sample)),
        "points|0": bool(
            re.search(rf"^\d+ points?$|\{{\{{{re.escape(number)}\}}\}} (?:\w+ )?points?\b", f"{sample}\n{body}", re.MULTILINE)
        ),
    }
    return next((name for name, fits in shapes.items() if fits), "")
