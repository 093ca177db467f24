"""Everything that changes a business's registration."""

from a2p.services.drafts import brand_row, campaign_row, save_brand, save_campaign
from a2p.services.facts import brand_facts, campaign_facts, findings_for
from a2p.services.starting_texts import default_brand, default_campaign

__all__ = [
    "brand_facts",
    "brand_row",
    "campaign_facts",
    "campaign_row",
    "default_brand",
    "default_campaign",
    "findings_for",
    "save_brand",
    "save_campaign",
]
