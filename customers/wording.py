"""What the records say about a person, in plain words for owners."""

import datetime
import zoneinfo

from customers.types import JoinFact

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
