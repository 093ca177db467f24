"""What the records say about a person, in plain words for owners."""

import datetime
import zoneinfo

from customers.types import ConsentMoment, JoinFact

_CONVERSATIONS = {
    "twilio": "the conversation",
    "whatsapp": "the WhatsApp conversation",
    "google_voice_import": "the Google Voice conversation",
}


def join_sentence(fact: JoinFact, *, time_zone: str) -> str:
    """Say why a record was taken for the customer, with dates as the clock of `time_zone` shows them."""
    record, value = _record(fact, time_zone), f" ({fact.shown_value})" if fact.shown_value else ""
    if not fact.is_current:
        return f"Shared its {fact.shared_field} with {record} on {_day(fact.found_at, time_zone)}, which no longer holds."
    if fact.is_own:
        return f"Same {fact.shared_field} as {record}{value}."
    return f"{record[0].upper()}{record[1:]}: its {fact.shared_field}{value} is that of another record of this person."


def own_join_sentence(fact: JoinFact) -> str:
    """Say on the joined record's own page why it was taken for the other."""
    value = f" ({fact.shown_value})" if fact.shown_value else ""
    return f"Same {fact.shared_field}{value} as {'that record' if fact.is_own else 'another record of this person'}."


def _record(fact: JoinFact, time_zone: str) -> str:
    named = f" “{fact.joined_name}”" if fact.joined_name else ""
    if fact.joined_kind == "customer":
        return f"the customer record{named or f' {fact.joined_id}'}"
    with_whom = f" with{named}" if named else ""
    if not fact.source:
        return f"a conversation{with_whom} that is no longer kept"
    day = f" of {_day(fact.last_message_at, time_zone)}" if fact.last_message_at else ""
    return f"{_CONVERSATIONS.get(fact.source, 'the conversation')}{with_whom}{day}"


def _day(moment: datetime.datetime, time_zone: str) -> str:
    local = moment.astimezone(zoneinfo.ZoneInfo(time_zone))
    return f"{local.day} {local:%b %Y}"


CHANNELS = {"sms": "texts", "whatsapp": "WhatsApp", "email": "emails"}
_ACTIONS = {"granted": "agreed to", "withdrawn": "refused", "cleared": "no longer counted for"}
_SOURCES = {
    "portal": "on their own page",
    "link": "on the page behind a message's link",
    "staff": "told our staff",
    "unsubscribe": "by the unsubscribe link of an email",
    "stop_keyword": "by answering STOP",
    "stop_in_other_words": "by asking us in a message to stop",
    "start_keyword": "by answering START",
    "whatsapp_message": "by writing to us on WhatsApp",
    "hard_bounce": "their address does not exist",
    "soft_bounces": "five emails came back within 14 days",
    "complaint": "they marked an email of ours as unwanted",
    "erased_after_opt_out": "kept from before their data was erased",
    "before_ledger": "as the record stood when changes began to be written down; who said it is not known",
    "unannounced": "by a way this program does not know",
    "import": "by an imported list",
    "undo": "when an imported list was taken back",
    "merge": "when two records became one person",
    "unmerge": "when a merge was taken back",
    "record": "when the record was made",
    "erasure": "when their data was erased",
    "provider": "the carrier told us so",
    "twilio": "the carrier told us so",
}


def source_words(source: str) -> str:
    """Say by which door something came."""
    return _SOURCES.get(source) or _SOURCES.get(source.partition(":")[0]) or _SOURCES.get(source.partition("_")[0]) or f"by “{source}”"


def channel_words(channels: tuple[str, ...]) -> str:
    """Name channels as one part of a sentence."""
    names = [CHANNELS.get(channel, channel) for channel in channels]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def moment_sentence(moment: ConsentMoment, *, time_zone: str) -> str:
    """Say what somebody allowed or refused, when, by which door and in which words."""
    said = f": “{moment.wording}”" if moment.wording else ""
    given = f", said on {_day(moment.given_at, time_zone)}" if moment.given_at else ""
    did = _ACTIONS.get(moment.action, moment.action)
    return f"{_day(moment.at, time_zone)}: {did} {channel_words(moment.channels)}, {source_words(moment.source)}{given}{said}"


def because_sentence(what: str, at: datetime.datetime, source: str, *, time_zone: str) -> str:
    """Say that something holds, since when, and by which door it came."""
    return f"{what}, {source_words(source)} ({_day(at, time_zone)})."
