"""Stop means stop, said any way; and not every "stop" is one."""

import pytest

from servicepro.lib.optout import ReplyIntent, classify_reply

EXACT = [
    "STOP",
    "stop",
    " Stop. ",
    "STOP!",
    "stop 🙏",
    "S\u200bTOP",
    "StopAll",
    "stop all",
    "UNSUBSCRIBE",
    "Cancel",
    "END",
    "quit",
    "Revoke",
    "OPTOUT",
    "opt-out",
    "opt out",
    "Opt Out.",
]
FREE = [
    "please stop texting me",
    "Stop texting",
    "stop messaging me",
    "stop contacting me",
    "please stop",
    "STOP PLEASE",
    "stop sending me these",
    "stop this",
    "don't text me",
    "Do not text me again",
    "dont message me",
    "never text me again",
    "no more texts",
    "no more messages please",
    "No more offers",
    "take me off",
    "take me off your list",
    "remove me from this list",
    "remove my number",
    "delete my number",
    "get me off this list",
    "lose my number",
    "opt me out",
    "I want to opt out",
    "unsubscribe me",
    "unsubscribe please",
    "leave me alone",
    "wrong number",
    "Wrong person",
    "you have the wrong number",
    "not interested",
    "I revoke my consent",
    "i withdraw my consent",
    "quit texting me",
    "no más",
    "no mas",
    "basta",
    "no me escriban",
    "no me manden mensajes",
    "band karo",
    "mat bhejo",
    "message mat karo",
    "sтоp".replace("т", "t").replace("о", "o") + " texting me",
]
NOT = [
    "can't stop smiling", "I can't stop smiling, the car looks great", "end of day works", "stop by the shop tomorrow?", "I'll stop by at 5",
    "can you stop in on friday", "see you at the bus stop", "my appointment ends at 3", "do you have anything this weekend?", "thanks!", "yes please",
    "I quit smoking", "what time do you open", "the cancel button does not work on your site", "info about ceramic coating?", "help me choose a package",
]  # fmt: skip


@pytest.mark.parametrize("text", EXACT)
def test_a_keyword_alone_stops(text):
    assert classify_reply(text) is ReplyIntent.STOP_EXACT


@pytest.mark.parametrize("text", FREE)
def test_a_wish_in_other_words_stops_too(text):
    assert classify_reply(text) is ReplyIntent.STOP_FREE_TEXT


@pytest.mark.parametrize("text", NOT)
def test_a_harmless_message_stops_nothing(text):
    assert classify_reply(text) in (ReplyIntent.NONE, ReplyIntent.HELP)


@pytest.mark.parametrize(
    ("text", "intent"), [("START", "start_exact"), ("yes", "start_exact"), ("Unstop", "start_exact"), ("HELP", "help"), ("info", "help")]
)
def test_start_and_help_are_known(text, intent):
    assert classify_reply(text) == intent
