"""Understand a reply: stop, start, help, or a wish to be left alone said in other words."""

import re
import unicodedata
from enum import StrEnum

# Twilio's keywords (REVOKE and OPTOUT since 2025); matched against the whole message.
STOP_WORDS = {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"}
START_WORDS = {"start", "yes", "unstop"}
HELP_WORDS = {"help", "info"}

_PHRASES = re.compile(
    r"\b(?:"
    r"(?:please |pls |plz )?stop (?:text|messag|contact|send|writ|spam|bother|this|it|these|please|now)\w*"
    r"|stop please|please stop|pls stop|(?:just )?stop all"
    r"|(?:do not|dont|never|quit|no longer) (?:text|message|contact|write|send me|call|msg)\w*"
    r"|no (?:more|further) (?:texts?|messages?|msgs?|sms|offers?|ads?)"
    r"|(?:take|remove|delete|get) me (?:off|from|out)|remove my (?:number|phone|name)|take my (?:number|name) off"
    r"|delete my (?:number|phone|info|data)|lose (?:my|this) number|(?:opt|opting) (?:me )?out|unsubscribe me"
    r"|unsubscribe(?: please)?$|leave me alone|wrong (?:number|person)|you have the wrong"
    r"|not interested|i revoke|withdraw my consent|no consent|quit texting"
    r"|no mas|basta|dejen? de|no me (?:escrib|envi|mand|contact)\w*|borr(?:a|e|en) mi numero"
    r"|band kar(?:o|iye|do)?|mat bhej(?:o|iye|na)?|msg mat|message mat"
    r")\b"
)
# "stop by", "can't stop smiling": the word without the wish.
_HARMLESS = re.compile(r"\b(?:stop (?:by|in|over|at|for|and)|(?:cant|cannot|wont|never|non|bus|pit|wont) stop|stopped by)\b")


class ReplyIntent(StrEnum):
    """What a reply asks for."""

    STOP_EXACT = "stop_exact"
    START_EXACT = "start_exact"
    HELP = "help"
    STOP_FREE_TEXT = "stop_free_text"
    NONE = "none"


def classify_reply(text: str) -> ReplyIntent:
    """Return what a reply asks for; a keyword counts only where it is the whole message."""
    words = _plain(text)
    joined = words.replace(" ", "")
    if joined in STOP_WORDS:
        return ReplyIntent.STOP_EXACT
    if words in START_WORDS:
        return ReplyIntent.START_EXACT
    if words in HELP_WORDS:
        return ReplyIntent.HELP
    if _PHRASES.search(_HARMLESS.sub(" ", words)):
        return ReplyIntent.STOP_FREE_TEXT
    return ReplyIntent.NONE


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).casefold()
    without_marks = "".join(c for c in folded if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    without_quotes = re.sub(r"['’`´]", "", without_marks)
    return " ".join(re.sub(r"[^\w]+|_", " ", without_quotes).split())
