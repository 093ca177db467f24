"""What the owner fills in: checked for shape, kept, and read by the linter each time it changes."""

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from django.db import transaction

from a2p.errors import BadRegistration, NotNow
from a2p.linting import may_be_submitted
from a2p.models import A2pCampaign, Brand
from a2p.selectors import saved_brand, working_campaign
from a2p.services.facts import findings_for
from a2p.services.starting_texts import default_brand, default_campaign
from a2p.types import BrandFacts, CampaignFacts
from servicepro.lib.phone import Phone, parse_phone
from tenants.selectors import User
from tenants.services import record_action

Status = A2pCampaign.Status
TEXT_CHARACTERS_MAX = 10_000  # what a draft may hold; the provider's own limits are the linter's
LIST_MAX = 20
EDITABLE = (Status.DRAFT, Status.READY_TO_SUBMIT, Status.REJECTED, Status.ERROR)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_BRAND_FIELDS = tuple(field.name for field in fields(BrandFacts))
_LISTS = ("samples", "opt_in_keywords", "opt_out_keywords", "help_keywords")
_FLAGS = ("has_embedded_links", "has_embedded_phone", "is_age_gated", "is_direct_lending")
_CAMPAIGN_FIELDS = tuple(field.name for field in fields(CampaignFacts))


def brand_row() -> Brand:
    """Return who registers; made of what is known already where nobody has begun."""
    return saved_brand() or Brand.objects.get_or_create(pk=1, defaults=default_brand())[0]


def campaign_row() -> A2pCampaign:
    """Return the registration the business works on; made as a draft in its own words where nobody has begun."""
    campaign = working_campaign()
    if campaign:
        return campaign
    brand_row()
    with transaction.atomic():
        brand = Brand.objects.select_for_update().get(pk=1)  # two pages opened at once make one draft
        campaign = working_campaign() or A2pCampaign.objects.create(brand=brand, trusthub_status="draft", **default_campaign())
        _judge(campaign)
    return campaign


def save_brand(actor: User | None, values: Mapping[str, Any]) -> Brand:
    """Keep what was given of who registers; what is left out stays. Raises BadRegistration, NotNow while it is under review."""
    campaign_row()
    cleaned = _clean_brand(values)
    with transaction.atomic():
        brand = Brand.objects.select_for_update().get(pk=1)
        campaign = _editable_campaign()
        changed = _assign(brand, cleaned)
        if changed:
            brand.save(update_fields=[*changed, "updated_at"])
            record_action(actor, "a2p_brand_saved", "a2p:brand", fields=changed)
        campaign.brand = brand
        _judge(campaign)
    return brand


def save_campaign(actor: User | None, values: Mapping[str, Any]) -> A2pCampaign:
    """Keep what was given of what is texted; what is left out stays. Raises BadRegistration, NotNow while it is under review."""
    campaign_row()
    cleaned = _clean_campaign(values)
    with transaction.atomic():
        Brand.objects.select_for_update().get(pk=1)
        campaign = _editable_campaign()
        changed = _assign(campaign, cleaned)
        if changed:
            campaign.save(update_fields=[*changed, "updated_at"])
            record_action(actor, "a2p_campaign_saved", f"a2p:{campaign.pk}", fields=changed)
        _judge(campaign)
    return campaign


def _editable_campaign() -> A2pCampaign:
    campaign = A2pCampaign.objects.select_for_update(of=("self",)).select_related("brand").order_by("-pk")[0]
    if campaign.status == Status.SUBMITTED:
        raise NotNow("It is under review and cannot be changed until the answer is there.")
    if campaign.status == Status.APPROVED:
        raise NotNow("It is approved. Changing it would mean registering anew; write to us if what you text has changed.")
    return campaign


def _judge(campaign: A2pCampaign) -> None:
    """Let the linter say whether a draft is ready; one that was refused stays so until it is submitted again."""
    if campaign.status not in (Status.DRAFT, Status.READY_TO_SUBMIT):
        return
    status = Status.READY_TO_SUBMIT if may_be_submitted(findings_for(campaign)) else Status.DRAFT
    if status != campaign.status:
        campaign.status = status
        campaign.save(update_fields=["status", "updated_at"])


def _assign(row: Brand | A2pCampaign, values: dict[str, Any]) -> list[str]:
    changed = [name for name, value in values.items() if getattr(row, name) != value and (getattr(row, name) or value)]
    for name in changed:
        setattr(row, name, values[name])
    return changed


def _clean_brand(values: Mapping[str, Any]) -> dict[str, Any]:
    cleaned: dict[str, Any] = {}
    wrong = _unknown(values, _BRAND_FIELDS)
    for name, value in values.items():
        if name in wrong:
            continue
        text = _line(value)
        longest = getattr(Brand._meta.get_field(name), "max_length", None) or 255
        if text is None:
            wrong[name] = "Write it in one line of plain text."
        elif len(text) > longest:
            wrong[name] = f"Write at most {longest} characters."
        else:
            cleaned[name] = text
    for name in ("region", "country"):
        if name in cleaned and len(cleaned[name]) == 2:
            cleaned[name] = cleaned[name].upper()
    if cleaned.get("contact_phone"):
        parsed = parse_phone(cleaned["contact_phone"], cleaned.get("country") or "US")
        if isinstance(parsed, Phone):
            cleaned["contact_phone"] = parsed.e164
        else:
            wrong["contact_phone"] = "This is not a phone number."
    _refuse(wrong)
    return {name: value or None if name in ("contact_phone", "registration_number") else value for name, value in cleaned.items()}


def _clean_campaign(values: Mapping[str, Any]) -> dict[str, Any]:
    cleaned: dict[str, Any] = {}
    wrong = _unknown(values, _CAMPAIGN_FIELDS)
    for name, value in values.items():
        if name in wrong:
            continue
        if name in _FLAGS:
            is_fine, cleaned[name] = isinstance(value, bool), value
        elif name in _LISTS:
            is_fine, cleaned[name] = _texts(value)
        else:
            longest = getattr(A2pCampaign._meta.get_field(name), "max_length", None) or TEXT_CHARACTERS_MAX
            text = _text(value)
            is_fine, cleaned[name] = text is not None and len(text) <= longest, text
        if not is_fine:
            wrong[name] = "This cannot be kept: too long, or not what belongs here."
    _refuse(wrong)
    return cleaned


def _texts(value: Any) -> tuple[bool, list[str]]:
    if not isinstance(value, (list, tuple)) or len(value) > LIST_MAX:
        return False, []
    texts = [_text(item) for item in value]
    written = [text for text in texts if text]
    return None not in texts and all(len(text) <= TEXT_CHARACTERS_MAX for text in written), written


def _text(value: Any) -> str | None:
    """Return a text without spaces around it, or None where it is none or holds what no text holds."""
    if not isinstance(value, str) or _CONTROL.search(value):
        return None
    return value.replace("\r\n", "\n").strip()


def _line(value: Any) -> str | None:
    text = _text("" if value is None else value)
    return None if text is None or "\n" in text or "\r" in text else text


def _unknown(values: Mapping[str, Any], known: tuple[str, ...]) -> dict[str, str]:
    return {name: "There is no such field." for name in values if name not in known}


def _refuse(wrong: dict[str, str]) -> None:
    if wrong:
        raise BadRegistration("Some fields cannot be kept.", fields=wrong)
