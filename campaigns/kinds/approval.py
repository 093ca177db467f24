"""Whether WhatsApp lets a campaign's template through."""

from campaigns.models import Campaign
from messaging.errors import ProviderAway, UnknownTemplate
from messaging.services import whatsapp_template


def template_withdrawn(campaign: Campaign) -> str:
    """Return why a running campaign's template cannot be used any more, as a sentence; empty where it can, or nobody can be asked."""
    try:
        return template_problem(campaign)
    except ProviderAway:
        return ""  # the answer to the first message will tell


def template_problem(campaign: Campaign) -> str:
    """Return why the template cannot be used, as a sentence; empty where it can, or none is used. Raises ProviderAway."""
    if not campaign.content_sid or campaign.channel in ("", Campaign.Channel.SMS):
        return ""
    try:
        template = whatsapp_template(campaign.content_sid)
    except UnknownTemplate:
        return "There is no such WhatsApp template in your account any more. Choose another one."
    if template.is_approved:
        if template.body != campaign.content_body:  # what people read can be shown afterwards, whatever becomes of it there
            campaign.content_body = template.body
            Campaign.objects.filter(pk=campaign.pk).update(content_body=template.body)
        return ""
    why = f" ({template.rejection_reason})" if template.rejection_reason else ""
    return f"WhatsApp has not approved the template “{template.name}”: it is {template.status}{why}. Nobody was written to with it."
