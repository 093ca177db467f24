"""How people agree: the first reason for which registrations are refused."""

import re

from a2p.linting.words import SHORTENERS, domain_of, has_placeholder, host_of, links_in, names_brand, phrases, plain, says
from a2p.types import BrandFacts, CampaignFacts, Finding, Severity

FLOW, UNVERIFIABLE, PRE_TICKED, BUNDLED, PASSED_ON = 30896, 30909, 30925, 30556, 30908

_WAY = {
    "form": phrases(
        "(?:web ?|online )?forms?", "check ?box(?:es)?", "tick ?box(?:es)?", "box(?:es)?", "switch(?:es)?", "toggles?", "web ?site",
        "online", "book(?:ing)? page", "landing page", "checkout", "portal", "sign ?-?up page",
    ),
    "keyword": re.compile(r"\b(?:text|texting|send|sending)\W{1,3}['\"\u201c]?\w{2,12}['\"\u201d]?\W{1,3}to\b"),
    "spoken": phrases(
        "verbal(?:ly)?", "in person", "over the phone", "by phone", "front desk", "asks? (?:the )?(?:customer|client)s?", "asked",
        "staff", "employee",
    ),
    "paper": phrases("paper", "intake", "printed", "written", "sign(?:s|ed|ing)?", "clipboard", "tablet", "qr code", "card"),
}  # fmt: skip
_BOX = r"(?:check ?box|tick ?box|box|switch|toggle|button|option)(?:es|s)?"
_OPEN = "(?:un(?:checked|ticked|marked|selected)|empty|blank|clear|off|open|optional|not (?:pre-?)?(?:checked|ticked|marked|selected|on))"
_AGREES = phrases(
    r"agree\w*", r"consent\w*", "opt(?:s|ed|ing)?[ -]?in", "check(?:s|ing)? (?:the|a|an)", "tick(?:s|ing)?", r"subscrib\w+",
    "permission", "yes", rf"(?:mark|tap|click|choose|select|switch|turn|press)(?:s|es|ing)?\b[^.]{{0,40}}\b{_BOX}",
    r"(?:check|tick|mark|select|choose|pick)\w*\W{1,3}[\"']", rf"{_OPEN}\b[^.]{{0,30}}\b{_BOX}", rf"{_BOX}\b[^.]{{0,30}}\b{_OPEN}",
)  # fmt: skip
_PRE_TICKED = phrases(
    "pre-?(?:checked|ticked|selected)", "(?:checked|ticked|selected|enabled|opted[ -]in) by default",
    "defaults? to (?:yes|checked|on)", "already (?:checked|ticked)",
    "(?:enabled|active|switched on|turned on) (?:when|by default|from the (?:start|beginning)|as soon as|automatically|at sign-?up)",
    r"(?:un-?check|un-?tick|de-?select|turn) (?:it|them|this|that)(?: off)?\b[^.]{0,30}\b(?:if|not|rather)",
    r"(?:not|rather)\b[^.]{0,30}\b(?:un-?check|un-?tick|de-?select|turn|switch) (?:it|them|this|that)(?: off)?",
)  # fmt: skip
_NOT_PRE_TICKED = re.compile(
    r"\b(?:not|never|isn't|un|none|nothing|neither)(?: (?:is|are|comes?|of them is))?[ -]?(?:pre-?)?(?:checked|ticked|selected)\b"
    r"|\b(?:unchecked|unticked|unselected|empty|blank)\b"
)
_NUMBER_GIVEN = r"by (?:providing|giving|sharing|entering|submitting) (?:us |their |your |a |the )*(?:phone|mobile|cell|number|contact)"
_IMPLIED = phrases(
    "auto(?:matic(?:ally)?)?[ -]?(?:opted[ -]in|enrolled|subscribed|added|opt[ -]?in)",
    "all (?:our |existing |of our )?(?:customers|clients|guests|patients) (?:are|will be|get|have)(?! asked| free| the choice| to )",
    _NUMBER_GIVEN
    + r"(?![^.]{0,60}\b(?:press|click|tap|check|tick)\w*)"  # a press of the button beneath the words is a yes of its own
    + r"[^.]{0,60}\b(?:they|you|customers?|clients?) (?:automatically |also )?(?:agree|consent|opt)",
    "implied consent", "no (?:explicit )?opt[ -]?in", "do(?:es)? not (?:ask|need|collect) (?:for )?consent",
    r"existing (?:relationship|customers?)\b[^.]{0,40}\b(?:consent|opt)",
)  # fmt: skip
_BOUGHT = phrases(
    r"(?:purchas\w+|bought|buy|rent(?:ed)?|acquir\w+|third[- ]party|scrap\w+|shared)\b[^.]{0,30}\b(?:lists?|leads?|contacts?|numbers|data)",
    r"(?:lists?|leads?|contacts?|numbers)\b[^.]{0,30}\b(?:purchased|bought|rented|acquired|scraped)",
    "lead (?:vendor|provider)s?",
)
_NOT_BOUGHT = re.compile(r"\b(?:not|never|no|don't)\b[^.]{0,60}\b(?:share[ds]?|sold|sell|purchas\w+|bought|buy|third[- ]part)")
_FORCED = phrases(
    r"(?:must|required to|have to|need to|mandatory|obliged to)\b[^.]{0,40}\b(?:agree|consent|opt[ -]?in|accept|receive)",
    r"(?:consent|opt[ -]?in)\b[^.]{0,20}\b(?:is|are) (?:required|mandatory|a condition)",
)
_NOT_FORCED = re.compile(
    r"\bnot (?:a |required|mandatory|an? condition|be required)|\bnot (?:necessary|needed)\b|\boptional\b|\bvoluntar"
    r"|\bconfirm|\bdouble\b|\bmust be (?:at least )?\d+|\bor older\b"
    # "must tick the box to receive texts" says how to agree
    r"|\b(?:must|have to|need to|required to) (?:\w+ ){0,2}(?:check|tick|mark|click|select|reply|text|press|enter|sign)\b"
    r"(?: [\w,-]+){0,10}? (?:in order )?to (?:opt|receive|get|join|subscribe|be added)\b"
)
_BUNDLED = re.compile(
    r"\b(?:accept(?:ing|s)?|agree(?:ing|s)? to|checking) (?:our |the )?(?:terms|privacy)[^.]{0,50}\b(?:also )?(?:agree|consent|opt)"
    r"[^.]{0,30}\b(?:text|sms|message)"
)
_OFTEN = phrases(
    "frequency", "(?:messages?|texts?) (?:per|a|each)", r"msgs?[ /](?:per |a )?(?:week|month|mo)", "times (?:a|per)", r"up to \d+",
    r"\d+ ?(?:to|or|-) ?\d+", "recurring", "varies", "vary", "depends?", r"how (?:many|often)", "when(?:ever)? you (?:ask|request)",
    r"\d+ (?:\w+ )?(?:a|per|each|every) \w+", "per (?:request|order|visit|week|month)",
)  # fmt: skip
_RATES = re.compile(r"\b(?:msg|message|messaging|data)\b[^.]{0,30}\brates?\b|\brates? may apply\b|\bstandard rates\b|\bfree of charge\b")
_CHANNEL = "(?:phone(?: calls?)?|voice|calls?|e-?mails?|mail|texts?(?: messages?)?|sms(?: messages?)?)"
_CHANNELS = re.compile(rf"\b{_CHANNEL}(?:(?:,? (?:and|or|&|plus) |, ?| ?/ ?)(?:by |via |an? )?{_CHANNEL})+\b")
_TEXTS, _OTHER_CHANNELS = phrases("texts?", "sms"), phrases("phone", "voice", "calls?", "e-?mails?", "mail")
_OF_ITS_OWN = phrases("separate(?:ly)?", "each", "apart", "independent(?:ly)?", "own", "choose", "choices?")
_TOGETHER = phrases(
    "agree", "consent", "contact(?:ed)?", "receive", "want", "opt(?:s|ed|ing)?[ -]?in", "sign(?:s|ed)? up", "(?:check)?box(?:es)?",
)  # fmt: skip
_PARTNERS = r"(?:partners?|affiliates?|third[- ]part\w+)"
_PASSED_ON = phrases(
    rf"(?:share[ds]?|sharing|sold|sell|pass(?:ed)?|giv(?:e|en)|provided?|transferred|disclosed?)\b[^.]{{0,60}}\b{_PARTNERS}",
    rf"(?:texts?|messages?|offers?|hear)\b[^.]{{0,60}}\band (?:our |its |their )?(?:\w+ )?{_PARTNERS}",
)
_NOT_PASSED_ON = phrases("not", "never", "no", "without", "don't", "won't", "nobody")
_SENTENCE_END = re.compile(r"[.!?;]\s|\n")
# What carriers want to be said where people agree; each is its own gap.
OFTEN = "how often texts come (“message frequency varies”)"
_TOLD = {
    OFTEN: _OFTEN,
    "that message and data rates may apply": _RATES,
    "that STOP ends them": phrases("stop", "unsubscribe", "opt[ -]?out"),
    "that HELP gets an answer": phrases("help"),
}


def consent_findings(brand: BrandFacts, campaign: CampaignFacts) -> list[Finding]:
    """Return what a reviewer would object to in how people agree, and in the text that welcomes them."""
    text = campaign.message_flow
    if not text.strip():
        return []
    if has_placeholder(text):
        return [Finding("message_flow", FLOW, "Something was not filled in here. Describe your own way.")]
    return [*_way(text), *_refused(text), *_told(text), *_checkable(brand, text), *_welcome(brand, campaign)]


def _ways(text: str) -> set[str]:
    return {way for way, pattern in _WAY.items() if says(text, pattern)} | ({"form"} if links_in(text) else set())


def _way(text: str) -> list[Finding]:
    # Whoever writes down all that people are told has them agree to it, in words the patterns do not know.
    is_told = not _untold(text) - {OFTEN}
    severity = Severity.WARNS if is_told else Severity.BLOCKS
    if not _ways(text):
        sentence = "Say where people agree: a form on your website, a text they send, a card, a question."
        return [Finding("message_flow", FLOW, sentence, severity)]
    if not says(text, _AGREES):
        return [Finding("message_flow", FLOW, "Say what people do to agree: tick an empty box, answer yes, send a word.", severity)]
    return []


def _refused(text: str) -> list[Finding]:
    found = []
    if _claims(text, _PRE_TICKED, unless=_NOT_PRE_TICKED):
        found.append(Finding("message_flow", PRE_TICKED, "The box has to be empty until people tick it themselves."))
    if says(text, _IMPLIED):
        found.append(Finding("message_flow", FLOW, "A phone number alone is no consent. People have to agree to texts by themselves."))
    if _claims(text, _BOUGHT, unless=_NOT_BOUGHT):
        found.append(Finding("message_flow", FLOW, "Consent given to somebody else does not count. Write to people who agreed with you."))
    if _claims(text, _FORCED, unless=_NOT_FORCED):
        found.append(Finding("message_flow", FLOW, "Nothing may depend on it. Say that agreeing is not a condition of buying."))
    if any(_names_channels(sentence) for sentence in _SENTENCE_END.split(text)):
        found.append(Finding("message_flow", BUNDLED, "Ask for texts in a box of their own, apart from calls and emails."))
    if _claims(text, _PASSED_ON, unless=_NOT_PASSED_ON):
        sentence = "Numbers and consent may not be passed on to anybody. Say that they are not, and see that it is so."
        found.append(Finding("message_flow", PASSED_ON, sentence))
    if says(text, _BUNDLED):
        found.append(Finding("message_flow", FLOW, "Texts need a yes of their own, apart from terms and privacy policy."))
    return found


def _names_channels(sentence: str) -> bool:
    """Tell whether one yes is asked for texts together with calls or emails."""
    if not says(sentence, _TOGETHER) or says(sentence, _OF_ITS_OWN):
        return False
    listed = (match.group() for match in _CHANNELS.finditer(plain(sentence)))
    return any(_TEXTS.search(each) and _OTHER_CHANNELS.search(each) for each in listed)


def _claims(text: str, what: re.Pattern[str], *, unless: re.Pattern[str]) -> bool:
    """Tell whether a sentence says something without taking it back."""
    return any(says(sentence, what) and not says(sentence, unless) for sentence in _SENTENCE_END.split(text))


def _untold(text: str) -> set[str]:
    return {what for what, pattern in _TOLD.items() if not says(text, pattern)}


def _told(text: str) -> list[Finding]:
    missing = _untold(text)
    if not missing:
        return []
    # How often can be said in any number of ways; STOP, HELP and rates cannot.
    severity = Severity.WARNS if missing == {OFTEN} else Severity.BLOCKS
    sentence = f"Say that people are told {', '.join(what for what in _TOLD if what in missing)}."
    return [Finding("message_flow", UNVERIFIABLE, sentence, severity)]


def _checkable(brand: BrandFacts, text: str) -> list[Finding]:
    ways, links = _ways(text), links_in(text)
    found = []
    if not names_brand(text, brand.names):
        found.append(Finding("message_flow", UNVERIFIABLE, "Name the business people agree to hear from."))
    if any(domain_of(host_of(link)) in SHORTENERS for link in links):
        found.append(Finding("message_flow", UNVERIFIABLE, "Reviewers open no short links. Give the full address."))
    elif "form" in ways and not links:
        found.append(Finding("message_flow", UNVERIFIABLE, "Give the address of the page with the form: reviewers open it."))
    elif ways and ways <= {"spoken", "paper"} and not links:
        sentence = "Give a link to the script or a picture of the card: reviewers want to see what people are told."
        found.append(Finding("message_flow", UNVERIFIABLE, sentence, Severity.WARNS))
    return found


def _welcome(brand: BrandFacts, campaign: CampaignFacts) -> list[Finding]:
    text = campaign.opt_in_message
    if not text.strip():
        return []
    missing = [what for what in _TOLD if what in _untold(text)]
    severity = Severity.WARNS if missing == [OFTEN] else Severity.BLOCKS
    if not names_brand(text, brand.names):
        missing.insert(0, "who you are")
        severity = Severity.BLOCKS
    return [Finding("opt_in_message", FLOW, f"The welcome text says {', '.join(missing)}.", severity)] if missing else []
