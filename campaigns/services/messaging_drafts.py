"""A messaging campaign while it is composed, step by step: every step is kept as soon as it is saved, and only a draft changes."""

import uuid
from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest

from bookings.selectors import places_of
from campaigns.choosing import channels_of, count_selected
from campaigns.errors import BadCampaignInput, WrongStatus
from campaigns.models import Campaign, Segment
from campaigns.services.messaging_words import content_of, content_problems, unkeepable
from campaigns.types import CustomerFilter, MessagingContent, Selection, SelectionStep
from messaging.selectors import sender_for
from messaging.types import Channel
from servicepro.lib.rich_text import plain_twin, sanitise
from tenants.selectors import AuditEntry, User, business_settings
from tenants.services import record_action

KIND = "messaging"
INFO, PLACES, CHANNELS, CUSTOMERS, CONTENT, SENDING = STEPS = (1, 2, 3, 4, 5, 6)
EMAIL, WHATSAPP = "email", "whatsapp"
NAME_CHARACTERS_MAX, DESCRIPTION_CHARACTERS_MAX = 100, 500
SELECTION_STEPS_MAX, TICKED_MAX = 200, 20_000
EDITED, SELECTED = "messaging_edited", "messaging_selection_changed"
NO_PLACE = "Choose at least one place."
NO_CHANNEL = "Choose at least one way to reach people: email, WhatsApp, or both."
NOBODY = "Choose at least one customer."
NO_SEGMENT = "This segment is gone. Choose another one."


def create_messaging_campaign(*, actor: User | None, name: str, description: str = "", key: str = "") -> Campaign:
    """Create a draft to nobody in particular yet, under a `key` of the caller's where a repeat must not make another.

    Raises BadCampaignInput; its details name each field and what is wrong there.
    """
    columns = _info_columns(name, description)
    campaign = Campaign.objects.create(
        key=key or f"{KIND}-{uuid.uuid4().hex}",
        kind=KIND,
        consent_policy="required",
        email_enabled=False,
        sms_enabled=False,
        step=PLACES,
        audience=Selection().as_json(),
        tracks_opens=business_settings().tracks_email_opens,
        created_by=actor,
        **columns,
    )
    record_action(actor, "messaging_created", f"campaign:{campaign.pk}")
    return campaign


def save_info(campaign: Campaign, *, actor: User | None, name: str, description: str = "") -> None:
    """Change what the owner calls it. Raises BadCampaignInput, and WrongStatus where it is no draft any more."""
    _save(campaign, actor, INFO, _info_columns(name, description))


def save_places(campaign: Campaign, *, actor: User | None, place_ids: Collection[int]) -> None:
    """Choose whose customers can be written to; what was chosen among the customers is asked again of the new places.

    A segment describes places of its own: with others it becomes a selection by hand. Raises BadCampaignInput, WrongStatus.
    """
    chosen = _checked_places(place_ids, actor)
    with transaction.atomic():
        _lock(campaign)
        selection = Selection.from_json(campaign.audience)
        columns: dict[str, Any] = {"audience": Selection(chosen, selection.steps).as_json()}
        if campaign.segment_id and set(chosen) != set(selection.place_ids):
            columns = {"audience": Selection(chosen, _steps_by_hand(campaign)).as_json(), "segment_id": None}
        _save(campaign, actor, PLACES, columns)


def save_channels(campaign: Campaign, *, actor: User | None, channels: Collection[str]) -> None:
    """Choose how people are reached: "email", "whatsapp" or both. Raises BadCampaignInput, WrongStatus."""
    if not channels or set(channels) - {EMAIL, WHATSAPP}:
        raise BadCampaignInput(NO_CHANNEL, fields={"channels": NO_CHANNEL})
    has_whatsapp = WHATSAPP in channels
    columns = {"email_enabled": EMAIL in channels, "sms_enabled": has_whatsapp, "channel": WHATSAPP if has_whatsapp else ""}
    _save(campaign, actor, CHANNELS, columns)


def save_selection(campaign: Campaign, *, actor: User | None, selection: Selection) -> None:
    """Choose the customers; a segment chosen before is left. Raises BadCampaignInput, WrongStatus."""
    change_selection(campaign, actor=actor, change=lambda _chosen: selection)


def change_selection(campaign: Campaign, *, actor: User | None, change: Callable[[Selection], Selection]) -> None:
    """Choose the customers by what was chosen last, of two windows one after the other. Raises BadCampaignInput, WrongStatus."""
    with transaction.atomic():
        _lock(campaign)
        changed = _without_repeats(change(Selection.from_json(campaign.audience)))
        ticked = sum(len(step.customer_ids) for step in changed.steps)
        if len(changed.steps) > SELECTION_STEPS_MAX or ticked > TICKED_MAX:
            sentence = "This selection was changed too often to be kept. Deselect everybody, then choose by filters."
            raise BadCampaignInput(sentence, fields={"customers": sentence})
        places = _checked_places(changed.place_ids, actor)
        columns = {"audience": Selection(places, changed.steps).as_json(), "segment_id": None}
        _save(campaign, actor, CUSTOMERS, columns, action=SELECTED)


def save_segment_choice(campaign: Campaign, *, actor: User | None, segment_id: int | None) -> None:
    """Write to a segment, whoever is in it by then; with None to the same people chosen by hand. Raises BadCampaignInput, WrongStatus."""
    with transaction.atomic():
        _lock(campaign)
        if segment_id is None:
            selection = Selection(Selection.from_json(campaign.audience).place_ids, _steps_by_hand(campaign))
            columns: dict[str, Any] = {"audience": selection.as_json(), "segment_id": None}
        else:
            segment = Segment.objects.filter(pk=segment_id).first()
            if segment is None:
                raise BadCampaignInput(NO_SEGMENT, fields={"segment": NO_SEGMENT})
            places = _checked_places(segment.filters.get("place_ids", ()), actor)
            is_new = campaign.segment_id != segment.pk
            columns = {"segment_id": segment.pk} | ({"audience": Selection(places).as_json()} if is_new else {})
        _save(campaign, actor, CUSTOMERS, columns)


def save_content(campaign: Campaign, *, actor: User | None, content: MessagingContent) -> None:
    """Keep what it says, also where something is missing still; formatted text is cleaned, and its plain twin is made.

    Raises BadCampaignInput for what cannot be kept at all, and WrongStatus.
    """
    if problems := unkeepable(content):
        raise BadCampaignInput(next(iter(problems.values())), fields=problems)
    page = sanitise(content.email_html)
    columns = {
        "email_subject": content.email_subject.strip(),
        "email_html": page,
        "email_text": plain_twin(page),
        "sms_text": content.whatsapp_text.replace("\r\n", "\n").strip(),
        "content_sid": content.content_sid,
        "content_variables": dict(content.content_variables) if content.content_sid else {},
    }
    if content.content_sid != campaign.content_sid:
        columns["content_body"] = ""
    _save(campaign, actor, CONTENT, columns)


def step_problems(campaign: Campaign, actor: User | None) -> dict[int, str]:
    """Return {number of the step: why it cannot be sent so, in one sentence}; empty where nothing stands against it."""
    chosen = channels_of(campaign)
    found = {
        PLACES: _sentence(lambda: _checked_places(Selection.from_json(campaign.audience).place_ids, actor)),
        CHANNELS: next(filter(None, map(_channel_problem, chosen)), "") if chosen else NO_CHANNEL,
        CONTENT: next(iter(content_problems(content_of(campaign), chosen).values()), "") if chosen else "",
    }
    if not found[PLACES]:
        found[CUSTOMERS] = "" if count_selected(campaign) else NOBODY
    return {step: sentence for step, sentence in sorted(found.items()) if sentence}


def _sentence(check: Callable[[], object]) -> str:
    try:
        check()
    except BadCampaignInput as error:
        return error.message
    return ""


def _channel_problem(channel: str) -> str:
    if sender_for(Channel(channel)) is None:
        return "WhatsApp is not set up for this business yet." if channel == WHATSAPP else "Email is not set up for this business yet."
    if channel == EMAIL and not business_settings().postal_address.strip():
        return "Every email must say where your business is. Add your postal address in the business settings."
    return ""


def _without_repeats(selection: Selection) -> Selection:
    """Leave out what a later step settles for the same people, so that going back and forth does not pile up."""
    later = [step.filter for step in selection.steps]
    kept = (
        step
        for turn, step in enumerate(selection.steps)
        if step.filter is None or step.filter not in later[turn + 1 :]
    )  # fmt: skip
    return Selection(selection.place_ids, tuple(kept))


def _steps_by_hand(campaign: Campaign) -> tuple[SelectionStep, ...]:
    """Return the segment as its owner would have chosen it by hand, and who was taken off since."""
    steps = Selection.from_json(campaign.audience).steps
    return (SelectionStep(True, CustomerFilter.from_json(campaign.segment.filters)), *steps) if campaign.segment else steps


def _info_columns(name: str, description: str) -> dict[str, Any]:
    name, description = name.strip(), description.replace("\r\n", "\n").strip()
    problems: dict[str, str] = {}
    if not name:
        problems["name"] = "Give it a name, for example “Spring news”."
    elif len(name) > NAME_CHARACTERS_MAX:
        problems["name"] = f"The name is too long: use at most {NAME_CHARACTERS_MAX} characters."
    if len(description) > DESCRIPTION_CHARACTERS_MAX:
        problems["description"] = f"The description is too long: use at most {DESCRIPTION_CHARACTERS_MAX} characters."
    for field, text in (("name", name), ("description", description)):
        if "\0" in text:
            problems[field] = "There is a character in it that cannot be kept. Type it anew."
    if problems:
        raise BadCampaignInput(next(iter(problems.values())), fields=problems)
    return {"name": name, "description": description}


def _checked_places(place_ids: Collection[int], actor: User | None) -> tuple[int, ...]:
    """Return the chosen places, each once. Raises BadCampaignInput where there are none, or one that is not the actor's."""
    if not place_ids:
        raise BadCampaignInput(NO_PLACE, fields={"places": NO_PLACE})
    if set(place_ids) - {place.pk for place in places_of(actor)}:
        sentence = "One of these places is not among yours. Choose only places you look after."
        raise BadCampaignInput(sentence, fields={"places": sentence})
    return tuple(sorted(set(place_ids)))


def _lock(campaign: Campaign) -> None:
    """Let nobody else change the draft until the transaction ends, and see it as it is now."""
    Campaign.objects.select_for_update().filter(pk=campaign.pk).values_list("pk", flat=True).first()
    campaign.refresh_from_db()


def _save(campaign: Campaign, actor: User | None, step: int, columns: Mapping[str, Any], *, action: str = EDITED) -> None:
    """Write what a step decided, and that the next one was reached; what changed nothing is no news for the audit trail."""
    is_changed = any(getattr(campaign, name) != value for name, value in columns.items())
    reached = Greatest(F("step"), Value(min(step + 1, SENDING)))
    found = Campaign.objects.filter(pk=campaign.pk, kind=KIND, status=Campaign.Status.DRAFT)
    if not found.update(**columns, step=reached):
        raise WrongStatus("A campaign can only be changed while it is a draft. Take it off the calendar first.")
    if is_changed and not (action == SELECTED and _was_last(campaign, actor, action)):
        record_action(actor, action, f"campaign:{campaign.pk}", step=step)
    campaign.refresh_from_db()


def _was_last(campaign: Campaign, actor: User | None, action: str) -> bool:
    """Tell whether the audit trail ends with this already: a hundred ticks in a row are one line of it."""
    last = AuditEntry.objects.filter(subject=f"campaign:{campaign.pk}").order_by("-created_at", "-pk").first()
    return last is not None and last.action == action and last.actor_id == (actor.pk if actor else None)
