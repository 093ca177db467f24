"""What became of messaging campaigns, counted in one query however many they are."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.conf import settings

from campaigns.choosing import channels_of
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
       count(*) FILTER (WHERE t.{{name}}_status = 'sent' AND n.last_at >= l.attempted_at)
  FROM campaigns_target t
  LEFT JOIN public.{{table}} l ON l.attempt_id = t.{{name}}_attempt_id AND l.tenant_id IS NOT DISTINCT FROM %(tenant)s
  LEFT JOIN (SELECT e.address_tag, max(e.created_at) AS last_at FROM customers_consentevent e
              WHERE e.channel = '{{channel}}' AND {OPT_OUT} GROUP BY 1) n ON n.address_tag = l.{{address}}
 WHERE t.campaign_id = ANY(%({{channel}})s) GROUP BY 1
"""


def messaging_stats(campaigns: Collection[Campaign]) -> dict[int, MessagingStats]:
    """Return {campaign id: its numbers}; those of a channel add up, and only chosen channels are told of."""
    found = _counted(campaigns)
    prices = {Channel.EMAIL: settings.EMAIL_PRICE_MICROS, Channel.WHATSAPP: settings.WHATSAPP_MESSAGE_PRICE_MICROS}
    stats = {}
    for campaign in campaigns:
        of_channel = found[campaign.pk]
        stats[campaign.pk] = MessagingStats(
            recipients=max((counts[0] for counts in of_channel.values()), default=0),
            channels=tuple(_channel_stats(channel, of_channel.get(channel), prices[channel]) for channel in channels_of(campaign)),
            tracks_opens=campaign.tracks_opens,
        )
    return stats


def _counted(campaigns: Collection[Campaign]) -> dict[int, dict[Channel, tuple[int, ...]]]:
    pieces: list[str] = []
    values: dict[str, Any] = {"tenant": connection.schema_name}
    for channel, name in _COLUMNS.items():
        if ids := [campaign.pk for campaign in campaigns if channel in channels_of(campaign)]:
            table = ledger_table(channel)
            pieces.append(_OF_CHANNEL.format(channel=channel.value, name=name, table=table.name, address=table.address))
            values[channel.value] = ids
    found: dict[int, dict[Channel, tuple[int, ...]]] = defaultdict(dict)
    if not pieces:
        return found
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(pieces), values)
        for campaign_id, channel, *counts in cursor.fetchall():
            found[campaign_id][Channel(channel)] = tuple(counts)
    return found


def _channel_stats(channel: Channel, counts: tuple[int, ...] | None, price_micros: int) -> ChannelStats:
    known = dict(zip(_NUMBERS, counts or (0,) * len(_NUMBERS), strict=True))
    pending = known["total"] - known["sent"] - known["failed"] - known["skipped"]
    return ChannelStats(channel.value, **known, pending=pending, cost_micros=known["sent"] * price_micros)
