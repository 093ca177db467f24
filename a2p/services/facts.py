"""A registration as the linter and the provider read it."""

from dataclasses import fields
from typing import Any

from a2p.linting import lint
from a2p.models import A2pCampaign, Brand
from a2p.types import BrandFacts, CampaignFacts, Finding


def brand_facts(brand: Brand) -> BrandFacts:
    """Return who registers, with blanks where nothing was given."""
    return BrandFacts(**{field.name: getattr(brand, field.name) or "" for field in fields(BrandFacts)})


def campaign_facts(campaign: A2pCampaign) -> CampaignFacts:
    """Return what is texted."""
    values: dict[str, Any] = {field.name: getattr(campaign, field.name) for field in fields(CampaignFacts)}
    frozen: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return CampaignFacts(**frozen)


def findings_for(campaign: A2pCampaign) -> list[Finding]:
    """Return everything a reviewer would refuse of a registration as it stands."""
    return lint(brand_facts(campaign.brand), campaign_facts(campaign))
