"""The people an invitation is for, found and counted in SQL."""

import datetime
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.types import Audience, AudiencePreview
from customers.services import consolidate
from messaging.selectors import own_phone_tags
from messaging.types import Reason
from servicepro.lib.crypto import decrypt_address
from servicepro.lib.fields import tag_sql
from servicepro.lib.phone import is_us_number
from servicepro.lib.tenancy import connection
from tenants.selectors import current_tenant

AGAIN_AFTER = datetime.timedelta(hours=24)  # nobody is invited twice within it, by whichever campaign
PHONE_ONLY = "phone_only"

# One row a person: how far all their records together have come, and what they allowed; the strictest answer counts.
_LIVES = """
CREATE TEMP TABLE campaign_lives ON COMMIT DROP AS
SELECT coalesce(h.head, r.node) AS head, max(c.invited_at) AS invited_at,
       bool_or(c.import_batch_id IS NOT NULL OR c.invited_at IS NOT NULL) AS is_listed,
       CASE WHEN bool_or(c.registered_at IS NOT NULL) THEN 'registered' WHEN bool_or(c.expired_at IS NOT NULL) THEN 'expired'
            WHEN bool_or(c.invited_at IS NOT NULL) THEN 'invited' ELSE 'imported' END AS life,
       bool_or(c.whatsapp_consent IS FALSE) AS refuses_whatsapp,
       bool_or(c.whatsapp_consent IS TRUE) AND NOT bool_or(c.whatsapp_consent IS FALSE) AS has_whatsapp_consent,
       bool_or(c.sms_consent IS TRUE)
           OR bool_and(coalesce(c.gdpr_marketing_consent, true)) AND bool_or(c.gdpr_marketing_consent IS TRUE) AS has_consent,
       bool_or(c.tags && %(tags)s::text[]) AS has_tag, bool_or(c.import_batch_id = %(batch)s::uuid) AS is_of_import
  FROM consolidation_records r
  JOIN customers_customer c ON c.id = r.customer_id LEFT JOIN consolidation_heads h ON h.node = r.node
 GROUP BY 1
"""
# Only asked for where the owner narrows down by it.
_VISITS = """
, visits AS (
    SELECT coalesce(h.head, r.node) AS head, bool_or(b.place_id = %(place)s) AS was_there,
           max(b.starts_at) FILTER (WHERE b.starts_at <= %(now)s) AS last_visit
      FROM bookings_booking b
      JOIN consolidation_records r ON r.customer_id = b.customer_id LEFT JOIN consolidation_heads h ON h.node = r.node
     WHERE b.status IN ('confirmed', 'completed') GROUP BY 1
)"""
_PEOPLE = f"""
WITH chosen AS (SELECT * FROM campaign_lives WHERE {{where}}){{visits}}
SELECT p.customer_id, p.name, p.phone, p.phone_raw, c.life, c.head,
       p.opted_out, route.channel AS phone_channel,
       CASE WHEN p.opted_out OR route.channel = 'whatsapp' AND c.refuses_whatsapp THEN 'opted_out_explicit'
            WHEN s.id IS NOT NULL THEN 'address_suppressed'
            WHEN p.phone IS NULL THEN 'invalid_phone_format'
            WHEN route.channel = 'whatsapp' AND NOT c.has_whatsapp_consent THEN 'consent_required'
            WHEN route.channel = 'sms' AND %(needs_consent)s AND NOT c.has_consent THEN 'consent_required'
            WHEN c.invited_at > %(again_after)s THEN 'invited_recently' ELSE '' END AS reason
  FROM chosen c JOIN consolidated_people p ON p.head = c.head
 CROSS JOIN LATERAL (SELECT CASE WHEN %(channel)s = 'both' THEN CASE WHEN c.has_whatsapp_consent THEN 'whatsapp' ELSE 'sms' END
                                 ELSE %(channel)s END AS channel) AS route
  LEFT JOIN customers_suppression s ON s.channel = route.channel AND s.lifted_at IS NULL AND s.address_tag = {tag_sql("p.phone")}
 {{joins}} WHERE p.customer_id IS NOT NULL{{and_visits}}
"""
_WRITE = """
INSERT INTO campaigns_target (campaign_id, customer_id, name, phone, phone_raw, opted_out, phone_channel, sms_status, sms_reason, sms_sid,
    email_status, email_reason, points_granted, points_reason, error_message, facts, summary_logged, had_turn, created_at, updated_at)
SELECT %(campaign)s, customer_id, left(name, 120), phone, phone_raw, opted_out, phone_channel, 'pending', '', '',
       'skipped', %(phone_only)s, 0, '', '', '{{}}', false, false, now(), now()
  FROM ({people}) AS people WHERE life <> 'registered' ORDER BY head
"""


def count_audience(audience: Audience, channel: str, *, needs_consent: bool) -> AudiencePreview:
    """Count who an invitation would go to, and why others would get none, without writing anything."""
    with transaction.atomic():
        people, values = _find(audience, channel, needs_consent=needs_consent, write=False)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT life = 'registered', phone_channel, reason, count(*) FROM ({people}) AS people GROUP BY 1, 2, 3 ORDER BY 4 DESC",
                values,
            )
            rows = cursor.fetchall()
            unreachable = _unreachable_on_whatsapp(cursor, people, values)
    if unreachable:  # a text reaches them where both were chosen
        rows.append((False, "whatsapp", "", -unreachable))
        rows.append((False, "sms", "" if channel == Campaign.Channel.BOTH else Reason.US_MARKETING.value, unreachable))
    invited = [row[1:] for row in rows if not row[0]]
    by_channel: dict[str, int] = {}
    left_out: dict[str, int] = {}
    for route, reason, count in invited:
        counts, key = (left_out, reason) if reason else (by_channel, route)
        counts[key] = counts.get(key, 0) + count
    by_channel = {route: count for route, count in by_channel.items() if count}
    return AudiencePreview(
        people=sum(count for _route, _reason, count in invited),
        reach=sum(by_channel.values()),
        by_channel=by_channel,
        left_out=left_out,
        registered=sum(row[3] for row in rows if row[0]),
    )


def _unreachable_on_whatsapp(cursor: Any, people: str, values: Mapping[str, Any]) -> int:
    """Count those whose number WhatsApp takes no marketing for, which only the number itself tells; few have opted in."""
    if settings.WHATSAPP_MARKETING_TO_US or values["channel"] == Campaign.Channel.SMS:
        return 0
    cursor.execute(
        f"SELECT phone FROM ({people}) AS people WHERE life <> 'registered' AND phone_channel = 'whatsapp' AND reason = ''", values
    )
    return sum(is_us_number(decrypt_address(connection.schema_name, "phone", phone)) for (phone,) in cursor.fetchall())


def write_targets(campaign: Campaign) -> int:
    """Make a campaign's list of people anew, inside the caller's transaction; return how many they are."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM campaigns_target WHERE campaign_id = %s", [campaign.pk])
        needs_consent = campaign.consent_policy == "required"
        people, values = _find(Audience.from_json(campaign.audience), campaign.channel, needs_consent=needs_consent, write=True)
        cursor.execute(_WRITE.format(people=people), {**values, "campaign": campaign.pk, "phone_only": PHONE_ONLY})
        return cursor.rowcount


def _find(audience: Audience, channel: str, *, needs_consent: bool, write: bool) -> tuple[str, Mapping[str, Any]]:
    """Return the SQL of the people and its values, after the tables it reads were made for this transaction."""
    consolidate(own_tags=own_phone_tags(), write=write)
    batch = str(audience.import_batch_id) if audience.import_batch_id else None
    values = {
        "tags": list(audience.tags),
        "batch": batch,
        "place": audience.place_id,
        "now": timezone.now(),
        "before": _midnight(audience.last_visit_before),
        "after": _midnight(audience.last_visit_after),
        "lives": [*sorted(audience.statuses), "registered"],
        "channel": channel,
        "needs_consent": needs_consent,
        "again_after": timezone.now() - AGAIN_AFTER,
    }
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.campaign_lives")
        cursor.execute(_LIVES, values)
        cursor.execute("ANALYZE campaign_lives")
    where = ["is_listed", "life = ANY(%(lives)s)"]
    where += ["has_tag"] if audience.tags else []
    where += ["is_of_import"] if audience.import_batch_id else []
    visits = [sql for sql, value in _visit_rules(audience) if value]
    people = _PEOPLE.format(
        where=" AND ".join(where),
        visits=_VISITS if visits else "",
        joins="JOIN visits v ON v.head = c.head" if visits else "",
        and_visits="".join(f" AND {rule}" for rule in visits),
    )
    return people, values


def _visit_rules(audience: Audience) -> tuple[tuple[str, object], ...]:
    return (
        ("v.was_there", audience.place_id),
        ("v.last_visit < %(before)s", audience.last_visit_before),
        ("v.last_visit >= %(after)s", audience.last_visit_after),
    )


def _midnight(day: datetime.date | None) -> datetime.datetime | None:
    return datetime.datetime.combine(day, datetime.time(), tzinfo=ZoneInfo(current_tenant().time_zone)) if day else None
