"""The customers a messaging campaign may be for: listed, ticked and counted in SQL, however many they are."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils import timezone

from campaigns.eligible import ID_MAX, People, known_ids
from campaigns.errors import WrongStatus
from campaigns.models import Campaign
from campaigns.types import CustomerFilter, CustomerPage, ListedCustomer, MessagingReach, Selection, SelectionStep
from messaging.selectors import ledger_tags, sender_for
from messaging.types import WHATSAPP_WINDOW, Channel
from servicepro.lib.crypto import decrypt_address
from servicepro.lib.fields import phone_tag, tag_sql
from servicepro.lib.phone import is_us_number, mask_phone
from servicepro.lib.tenancy import connection

LIMIT_MAX, TAGS_MAX = 500, 200
NOT_CHOSEN = "channel_not_chosen"
# One pass: whoever is found is counted, and noted in order beside; the page is cut from the end, where the newest are.
_LIST = """
SELECT eligible, matching, selected, selected_matching, pages,
       heads[({shown} - page * %(limit)s + 1)::int : ({shown} - (page - 1) * %(limit)s)::int]
  FROM (SELECT count(*) AS eligible, count(*) FILTER (WHERE matches) AS matching, count(*) FILTER (WHERE is_selected) AS selected,
               count(*) FILTER (WHERE matches AND is_selected) AS selected_matching,
               array_agg(head ORDER BY head) FILTER (WHERE {is_shown}) AS heads
          FROM (SELECT p.head, {matches} AS matches, {selected} AS is_selected FROM ({people}) p OFFSET 0) e) t
 CROSS JOIN LATERAL (SELECT greatest(1, ceil({shown}::numeric / %(limit)s))::bigint AS pages) l
 CROSS JOIN LATERAL (SELECT least(%(page)s, pages) AS page) w
"""
_DETAILS = """
SELECT p.head, p.name, p.email, p.phone, p.whatsapp_consent, p.last_at, p.bookings, p.spent, {selected}
  FROM ({people}) p WHERE p.head = ANY(%(heads)s::bigint[])
"""
_TAGS = """
SELECT tag FROM (SELECT unnest(p.tags) AS tag FROM ({people}) p WHERE p.tags <> '{{}}') t
 GROUP BY tag ORDER BY count(*) DESC, tag LIMIT %(limit)s
"""
_COUNT = "SELECT count(*) FROM ({people}) p WHERE {selected}"
_COLUMN = "SELECT p.head, p.{column} FROM ({people}) p WHERE p.{column} IS NOT NULL AND {rule} AND {selected}"
# The first rule that objects decides, as it will when the messages are sent.
_REACH = f"""
SELECT CASE WHEN p.email_opt_out THEN 'opted_out_explicit' WHEN p.email = ANY(%(suppressed)s) THEN 'address_suppressed'
            WHEN p.email IS NULL OR p.email NOT LIKE '%%@%%' THEN 'invalid_email_format'
            WHEN %(email_from)s = '' THEN 'sendgrid_not_configured'
            WHEN p.email = %(email_from)s THEN 'to_equals_from'
            WHEN p.head = ANY(%(sharing)s::bigint[]) THEN 'already_sent_ok' ELSE '' END AS email,
       CASE WHEN p.whatsapp_consent IS FALSE THEN 'opted_out_explicit' WHEN s.id IS NOT NULL THEN 'address_suppressed'
            WHEN p.phone IS NULL THEN 'invalid_phone_format'
            WHEN %(whatsapp_from)s = '' THEN 'whatsapp_not_configured'
            WHEN {tag_sql("p.phone")} = %(whatsapp_from)s THEN 'to_equals_from'
            WHEN p.whatsapp_consent IS NULL THEN 'consent_required' WHEN p.head = ANY(%(us)s::bigint[]) THEN 'whatsapp_us_marketing'
            WHEN NOT %(has_template)s AND NOT EXISTS (
                SELECT 1 FROM customers_conversation t JOIN customers_message m ON m.conversation_id = t.id
                 WHERE t.source = 'whatsapp' AND t.external_key = {tag_sql("p.phone")}
                   AND m.direction = 'inbound' AND m.occurred_at > %(window)s
            ) THEN 'whatsapp_outside_window' ELSE '' END AS whatsapp, count(*)
  FROM ({{people}}) p
  LEFT JOIN customers_suppression s ON s.channel = 'whatsapp' AND s.lifted_at IS NULL AND s.address_tag = {tag_sql("p.phone")}
 WHERE {{selected}} GROUP BY 1, 2
"""
_WRITE = """
INSERT INTO campaigns_target (campaign_id, customer_id, name, phone, email, opted_out, phone_channel, sms_status, sms_reason, sms_sid,
    email_status, email_reason, points_granted, points_reason, error_message, facts, summary_logged, had_turn, created_at, updated_at)
SELECT %(campaign)s, p.head, left(p.name, 120), CASE WHEN %(whatsapp)s THEN p.phone END, CASE WHEN %(email)s THEN p.email END,
       false, 'whatsapp',
       CASE WHEN %(whatsapp)s THEN 'pending' ELSE 'skipped' END, CASE WHEN %(whatsapp)s THEN '' ELSE %(not_chosen)s END, '',
       CASE WHEN %(email)s THEN 'pending' ELSE 'skipped' END, CASE WHEN %(email)s THEN '' ELSE %(not_chosen)s END,
       0, '', '', '{{}}', false, false, now(), now()
  FROM ({people}) p WHERE {selected} ORDER BY p.head
"""


def list_customers(
    selection: Selection, matching: CustomerFilter, *, page: int = 1, limit: int = 50, is_selected_only: bool = False
) -> CustomerPage:
    """Return a page of the customers who may be chosen and match, the newest first; a page beyond the last is the last.

    With `is_selected_only`, the pages hold those of them who are ticked.
    """
    people = People(selection.place_ids)
    people.values |= {"limit": min(max(1, limit), LIMIT_MAX), "page": min(max(1, page), ID_MAX)}
    matches, selected = people.matching(matching), people.selected(selection.steps)
    shown, is_shown = ("selected_matching", "matches AND is_selected") if is_selected_only else ("matching", "matches")
    with connection.cursor() as cursor:
        cursor.execute(people.sql(_LIST, matches=matches, selected=selected, shown=shown, is_shown=is_shown), people.values)
        eligible, found, ticked, ticked_matching, pages, heads = cursor.fetchone()
    return CustomerPage(
        customers=tuple(_details(selection, (heads or [])[::-1])),
        page=min(max(1, page), pages),
        pages=pages,
        matching=found,
        eligible=eligible,
        selected=ticked,
        selected_matching=ticked_matching,
    )


def customer_in(selection: Selection, customer_id: int) -> ListedCustomer | None:
    """Return a customer who may be chosen there, with whether they are ticked; None for everybody else."""
    with connection.cursor() as cursor:
        known = "SELECT coalesce(same_person_as_id, id) FROM customers_customer WHERE id = ANY(%s::bigint[])"
        cursor.execute(known, [known_ids([customer_id])])
        heads = [head for (head,) in cursor.fetchall()]
    return next(iter(_details(selection, heads)), None)


def _details(selection: Selection, heads: Sequence[int]) -> list[ListedCustomer]:
    """Return these people as they are listed, in this order."""
    people = People(selection.place_ids)
    people.values["heads"] = list(heads)
    statement = people.sql(_DETAILS, selected=people.selected(selection.steps))
    with connection.cursor() as cursor:
        cursor.execute(statement, people.values)
        found = {row[0]: _listed(row) for row in cursor.fetchall()}
    return [found[head] for head in heads if head in found]


def _listed(row: Sequence[Any]) -> ListedCustomer:
    head, name, email, phone, whatsapp_consent, last_at, bookings, spent, is_selected = row
    return ListedCustomer(
        id=head,
        name=name,
        email=email or "",
        masked_phone=mask_phone(decrypt_address(connection.schema_name, "phone", phone)) if phone else "",
        has_marketing_consent=True,
        has_whatsapp_consent=bool(whatsapp_consent),
        last_booking_at=last_at,
        bookings=bookings,
        spent_minor=int(spent),
        is_selected=bool(is_selected),
    )


def count_selected(chosen: Selection | Campaign) -> int:
    """Return how many people are ticked and may be written to now."""
    selection = selection_of(chosen) if isinstance(chosen, Campaign) else chosen
    if not any(step.is_added for step in selection.steps):
        return 0
    people = People(selection.place_ids)
    statement = people.sql(_COUNT, selected=people.selected(selection.steps))
    with connection.cursor() as cursor:
        cursor.execute(statement, people.values)
        count: int = cursor.fetchone()[0]
    return count


def selection_of(campaign: Campaign) -> Selection:
    """Return whom a campaign is for: of a segment everybody it describes at the campaign's places, but who was taken off since."""
    selection = Selection.from_json(campaign.audience)
    if campaign.segment is None:
        return selection
    described = SelectionStep(True, CustomerFilter.from_json(campaign.segment.filters))
    return Selection(selection.place_ids, (described, *selection.steps))


def tags_of_customers(place_ids: Collection[int]) -> list[str]:
    """Return the tags of the customers who may be chosen, the most frequent first."""
    people = People(place_ids)
    with connection.cursor() as cursor:
        cursor.execute(people.sql(_TAGS), people.values | {"limit": TAGS_MAX})
        return [tag for (tag,) in cursor.fetchall()]


def channels_of(campaign: Campaign) -> tuple[Channel, ...]:
    """Return the channels its owner chose."""
    is_chosen = {
        Channel.EMAIL: campaign.email_enabled,
        Channel.WHATSAPP: campaign.sms_enabled and campaign.channel == Campaign.Channel.WHATSAPP,
    }
    return tuple(channel for channel, chosen in is_chosen.items() if chosen)


def count_reach(campaign: Campaign) -> MessagingReach:
    """Count whom a campaign would reach now on each chosen channel, why not the others, and what that costs; nothing is written."""
    selection, channels = selection_of(campaign), channels_of(campaign)
    people = People(selection.place_ids)
    selected = people.selected(selection.steps)
    people.values |= _facts(campaign, people, selected)
    with connection.cursor() as cursor:
        cursor.execute(people.sql(_REACH, selected=selected), people.values)
        rows = [({Channel.EMAIL: email, Channel.WHATSAPP: whatsapp}, count) for email, whatsapp, count in cursor.fetchall()]
    by_channel: dict[str, int] = {channel.value: 0 for channel in channels}
    left_out: dict[str, dict[str, int]] = {channel.value: {} for channel in channels}
    for reasons, count in rows:
        for channel in channels:
            counts, key = (left_out[channel], reasons[channel]) if reasons[channel] else (by_channel, channel.value)
            counts[key] = counts.get(key, 0) + count
    return MessagingReach(
        selected=sum(count for _reasons, count in rows),
        people=sum(count for reasons, count in rows if not all(reasons[channel] for channel in channels)),
        by_channel=by_channel,
        left_out=left_out,
        cost_micros=sum(by_channel[channel] * price for channel, price in _prices().items() if channel in channels),
        seconds=max((_seconds(channel, by_channel[channel]) for channel in channels), default=0),
    )


def _prices() -> dict[Channel, int]:
    return {Channel.EMAIL: settings.EMAIL_PRICE_MICROS, Channel.WHATSAPP: settings.WHATSAPP_MESSAGE_PRICE_MICROS}


def _seconds(channel: Channel, messages: int) -> int:
    sender = sender_for(channel)
    return math.ceil(messages / sender.messages_per_second) if sender else 0


def _facts(campaign: Campaign, people: People, selected: str) -> dict[str, Any]:
    """Return what decides beside the records: senders, and addresses that the database cannot tell by itself."""
    channels, email, whatsapp = channels_of(campaign), sender_for(Channel.EMAIL), sender_for(Channel.WHATSAPP)
    emails: dict[int, str] = {}
    if Channel.EMAIL in channels:
        emails = _column(people, selected, "email", "NOT p.email_opt_out")
    refused = _refused_emails() if emails else set()
    tags = ledger_tags(Channel.EMAIL, set(emails.values())) if refused else {}
    phones: dict[int, str] = {}
    if Channel.WHATSAPP in channels and not settings.WHATSAPP_MARKETING_TO_US:
        phones = _column(people, selected, "phone", "p.whatsapp_consent")
    return {
        "sharing": _sharing(emails),
        "suppressed": [address for address, tag in tags.items() if tag in refused],
        "us": [head for head, phone in phones.items() if is_us_number(decrypt_address(connection.schema_name, "phone", phone))],
        "email_from": email.address if email else "",
        "whatsapp_from": phone_tag(whatsapp.address) if whatsapp else "",
        "has_template": bool(campaign.content_sid),
        "window": timezone.now() - WHATSAPP_WINDOW,
    }


def _sharing(emails: Mapping[int, str]) -> list[int]:
    """Return who shares a mailbox with somebody before them on the list: a mailbox gets a campaign once."""
    first: dict[str, int] = {}
    return [head for head, address in sorted(emails.items()) if first.setdefault(address, head) != head]


def _refused_emails() -> set[str]:
    """Return the tags of all emails that must not be written to: they are few beside the customers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT address_tag FROM customers_suppression WHERE channel = 'email' AND lifted_at IS NULL")
        return {tag for (tag,) in cursor.fetchall()}


def _column(people: People, selected: str, column: str, rule: str) -> dict[int, str]:
    """Return one column of everybody who is ticked and to whom a rule applies, by person."""
    with connection.cursor() as cursor:
        cursor.execute(people.sql(_COLUMN, selected=selected, column=column, rule=rule), people.values)
        return dict(cursor.fetchall())


def write_messaging_targets(campaign: Campaign) -> int:
    """Make a campaign's list of people anew, inside the caller's transaction; return how many they are.

    Raises WrongStatus where it has begun: its list tells what became of them.
    """
    if Campaign.objects.filter(pk=campaign.pk, started_at__isnull=False).exists():
        raise WrongStatus("This campaign has begun: its list of people stays as it is.")
    selection, channels = selection_of(campaign), channels_of(campaign)
    people = People(selection.place_ids)
    statement = people.sql(_WRITE, selected=people.selected(selection.steps))
    chosen = {channel.value: channel in channels for channel in (Channel.EMAIL, Channel.WHATSAPP)}
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM campaigns_target WHERE campaign_id = %s", [campaign.pk])
        cursor.execute(statement, people.values | chosen | {"campaign": campaign.pk, "not_chosen": NOT_CHOSEN})
        return cursor.rowcount
