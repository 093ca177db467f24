"""What the page of an invitation shows while it is composed: the message as somebody gets it, whom it reaches, templates, people."""

import re
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from campaigns import services
from campaigns.forms import VARIABLES
from campaigns.models import Campaign
from campaigns.services.invitation_words import word_problems
from campaigns.types import Audience, InvitationDraft
from campaigns.views.template_rows import template_rows
from campaigns.wording import reason_label
from customers.selectors import imported_customers, imported_lives, listed_person
from customers.services import record_access
from messaging.types import WhatsappTemplate
from servicepro.lib.errors import ServiceProError
from servicepro.lib.phone import mask_phone
from servicepro.lib.segments import SegmentCount
from tenants.selectors import signed_in_user

PEOPLE_SHOWN = 6
SEARCH_CHARACTERS_MAX = 120
CHANNEL_WORDS = {"sms": "by text", "whatsapp": "by WhatsApp"}

# How the sample of a template's variable looks, most telling first.
SHAPES = (
    ("download_link", re.compile(r"^https?://")),
    ("offer_code", re.compile(r"^[A-Z]{3,}-?[A-Z0-9]*\d[A-Z0-9]*$")),
    ("offer_amount", re.compile(r"[$€£₹%]")),
    ("expiry_days", re.compile(r"^\d{1,3}( days?)?$")),
)


def people_context(request: HttpRequest, *, who: str, shown_as: int | None) -> dict[str, Any]:
    """Return whom the message may be shown as: who was chosen, and who matches what is typed; recorded, phones masked."""
    who = who.replace("\0", "").strip()[:SEARCH_CHARACTERS_MAX]
    chosen = listed_person(shown_as) if shown_as else None
    if not who and chosen is None:
        found = imported_customers(status="imported", limit=1)[0] or imported_customers(limit=1)[0]
        chosen = found[0] if found else None
    people = {chosen.pk: chosen} if chosen else {}
    people |= {person.pk: person for person in (imported_customers(search=who, limit=PEOPLE_SHOWN)[0] if who else ())}
    record_access(actor=signed_in_user(request), action="view", how_many=len(people), subject="invitation preview")
    return {
        "who": who,
        "found": [(person.pk, str(person), mask_phone(person.phone) if person.phone else "") for person in people.values()],
        "shown_as": chosen.pk if chosen else None,
        "has_people": bool(people) or has_people(),
    }


def has_people() -> bool:
    """Tell whether any list brought anybody."""
    return any(imported_lives().values())


def preview_context(draft: InvitationDraft, shown_as: int | None) -> dict[str, Any]:
    """Return the message as one person would get it, what it costs, and what would stand against sending it."""
    person = listed_person(shown_as) if shown_as else None
    try:
        found = services.preview_message(draft, customer_id=person.pk if person else None)
    except ServiceProError as error:
        return {"preview": {"problem": error.message}}
    is_text = draft.channel != Campaign.Channel.WHATSAPP
    segments = found.segments if is_text else None
    return {
        "preview": {
            "channel": draft.channel,
            "has_template": bool(draft.content_sid),
            "name": str(person) if person else "",
            "phone": mask_phone(person.phone) if person and person.phone else "",
            "text": found.text if is_text else "",
            "whatsapp_text": found.whatsapp_text,
            "segments": segments,
            "room": segments.per_segment * max(1, segments.segments) if segments else 0,
            "cost_micros": found.cost_micros,
            "hints": list(word_problems(draft, with_rules=True).values()),
        },
    }


def cost_of(texts: int, segments: SegmentCount | None) -> dict[str, Any]:
    """Return what so many texts of so many segments cost together."""
    each = segments.segments if segments else 0
    return {"cost": {"texts": texts, "each": each, "segments": texts * each, "micros": texts * each * settings.SMS_SEGMENT_PRICE_MICROS}}


def reach_of(audience: Audience, channel: str, segments: SegmentCount | None) -> dict[str, Any]:
    """Return how many it would reach by which way, why others are left out, and what the texts would cost together."""
    if not audience.statuses:
        return {"reach": {"problem": "Tick at least one kind of people."}}
    try:
        found = services.preview_audience(audience, channel)
    except ServiceProError as error:
        return {"reach": {"problem": error.message}}
    return {
        **cost_of(found.by_channel.get("sms", 0), segments),
        "reach": {
            "count": found.reach,
            "people": found.people,
            "channels": [(count, CHANNEL_WORDS[way]) for way, count in found.by_channel.items() if count],
            "left_out": [(count, reason_label(reason)) for reason, count in found.left_out.items()],
            "registered": found.registered,
            "whatsapp": found.by_channel.get("whatsapp", 0),
        },
    }


def templates_context(draft: InvitationDraft) -> dict[str, Any]:
    """Return the account's WhatsApp templates; of each number (number, sample, the field chosen for it)."""

    def variables(template: WhatsappTemplate) -> tuple[tuple[str, str, str], ...]:
        fields = guess_mapping(template) | {number: field for number, field in draft.content_variables.items() if field}
        return tuple((number, sample, fields.get(number, "")) for number, sample in template.variables.items())

    return template_rows(draft.content_sid, variables) | {"fields": VARIABLES}


def guess_mapping(template: WhatsappTemplate) -> dict[str, str]:
    """Return which of our variables each of a template's seems to stand for, by its name, its sample and the words before it."""
    found: dict[str, str] = {}
    for number, sample in template.variables.items():
        greeted = re.search(rf"\b(?:hi|hello|hey|dear|hola|hallo|namaste)\W+\{{\{{{re.escape(number)}\}}\}}", template.body, re.IGNORECASE)
        guesses = [name for name, _label in VARIABLES if name in (number, sample)] + ["customer_name"] * bool(greeted)
        guesses += [name for name, shape in SHAPES if shape.search(sample)]
        guess = next((name for name in guesses if name not in found.values()), "")
        found |= {number: guess} if guess else {}
    left = [number for number in template.variables if number not in found]
    return found | ({left[0]: "salon_name"} if len(left) == 1 and "salon_name" not in found.values() else {})
