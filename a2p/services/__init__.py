"""Everything that changes a business's registration."""

from a2p.services.drafts import brand_row, campaign_row, save_brand, save_campaign
from a2p.services.facts import brand_facts, campaign_facts, findings_for
from a2p.services.numbers import attach_number
from a2p.services.registration import due_since, ensure_brand_for_tenant, refresh_campaign_status, refresh_open, submit_or_update_campaign
from a2p.services.starting_texts import default_brand, default_campaign

__all__ = [
    "attach_number",
    "brand_facts",
    "brand_row",
    "campaign_facts",
    "campaign_row",
    "default_brand",
    "default_campaign",
    "due_since",
    "ensure_brand_for_tenant",
    "findings_for",
    "refresh_campaign_status",
    "refresh_open",
    "save_brand",
    "save_campaign",
    "submit_or_update_campaign",
]
