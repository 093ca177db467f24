"""What became of messaging campaigns, counted in one query however many they are."""

from collections import defaultdict
from collections.abc import Collection

from django.conf import settings

from campaigns.guards import OPT_OUT
from campaigns.models import Campaign
from campaigns.types import ChannelStats, MessagingStats
from messaging.selectors import ledger_table
from messaging.types import Channel
from servicepro.lib.tenancy import connection

# Which columns of a target tell of a channel.
_COLUMNS = {Channel.EMAIL: "email", Channel.WHATSAPP: "sms"}
_NUMBERS = ("total", "sent", "failed", "skipped", "delivered", "opened", "bounced", "opted_out")
# With "=" for the tenant a plan may read all its rows for each target, while a campaign is being sent.
_OF_CHANNEL = f"""
SELECT t.campaign_id, '{{channel}}', count(*), count(*) FILTER (WHERE t.{{name}}_status = 'sent'),
       count(*) FILTER (WHERE t.{{name}}_status = 'failed'), count(*) FILTER (WHERE t.{{name}}_status = 'skipped'),
       count(*) FILTER (WHERE t.{{name}}_status = 'sent' AND l.provider_status IN ('delivered', 'read', 'open', 'click')),
       count(*) FILTER (WHERE t.{{name}}_status = 'sent' AND l.provider_status IN ('read', 'open', 'click')),
       count(*) FILTER (WHERE t.{{name}}_status = 'sent'
                          AND l.provider_status IN ('failed', 'undelivered', 'canceled', 'bounce', 'dropped')),
       count(*) FILTER (WHERE t.{{name}}_status = 'sent' AND EXISTS (
           SELECT 1 FROM customers_consentevent e
            WHERE e.address_tag = l.{{address}} AND e.channel = '{{channel}}' AND e.created_at >= l.attempted_at AND {OPT_OUT}))
  FROM campaigns_target t
  LEFT JOIN public.{{table}} l ON l.attempt_id = t.{{name}}_attempt_id AND l.tenant_id IS NOT DISTINCT FROM %(tenant)s
 WHERE t.campaign_id = ANY(%(campaigns)s) GROUP BY 1
"""


def messaging_stats(campaigns: Collection[Campaign]) -> dict[int, MessagingStats]:
    """Return {campaign id: its numbers}; those of a channel add up, and only chosen channels are told of."""
    found = _counted([campaign.pk for campaign in campaigns])
    prices = {Channel.EMAIL: settings.EMAIL_PRICE_MICROS, Channel.WHATSAPP: settings.WHATSAPP_MESSAGE_PRICE_MICROS}
    stats = {}
    for campaign in campaigns:
        of_channel = found[campaign.pk]
        channels = [channel for channel, is_chosen in _chosen(campaign) if is_chosen]
        stats[campaign.pk] = MessagingStats(
            recipients=max((counts[0] for counts in of_channel.values()), default=0),
            channels=tuple(_channel_stats(channel, of_channel.get(channel), prices[channel]) for channel in channels),
            tracks_opens=campaign.tracks_opens,
        )
    return stats


def _counted(campaign_ids: list[int]) -> dict[int, dict[Channel, tuple[int, ...]]]:
    pieces = []
    for channel, name in _COLUMNS.items():
        table = ledger_table(channel)
        pieces.append(_OF_CHANNEL.format(channel=channel.value, name=name, table=table.name, address=table.address))
    found: dict[int, dict[Channel, tuple[int, ...]]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(pieces), {"tenant": connection.schema_name, "campaigns": campaign_ids})
        for campaign_id, channel, *counts in cursor.fetchall():
            found[campaign_id][Channel(channel)] = tuple(counts)
    return found


def _chosen(campaign: Campaign) -> tuple[tuple[Channel, bool], ...]:
    return (Channel.EMAIL, campaign.email_enabled), (Channel.WHATSAPP, campaign.channel == Campaign.Channel.WHATSAPP)


def _channel_stats(channel: Channel, counts: tuple[int, ...] | None, price_micros: int) -> ChannelStats:
    known = dict(zip(_NUMBERS, counts or (0,) * len(_NUMBERS), strict=True))
    pending = known["total"] - known["sent"] - known["failed"] - known["skipped"]
    return ChannelStats(channel.value, **known, pending=pending, cost_micros=known["sent"] * price_micros)
