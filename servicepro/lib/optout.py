"""Understand a reply: stop, start, help, or a wish to be left alone said in other words.

Two nets. A clause net asks whether one whole clause of the reply says nothing but "stop" with the politeness around it; a phrase
net looks through each sentence for words that leave no doubt. What a phone quotes of our own text ("Liked “… Reply STOP to
unsubscribe”") is not the customer's word and is set aside first.
"""

import re
import unicodedata
from enum import StrEnum

# Twilio's keywords (REVOKE and OPTOUT since 2025); matched against the whole message.
STOP_WORDS = {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"}
START_WORDS = {"start", "yes", "unstop"}
HELP_WORDS = {"help", "info"}
REPLY_CHARACTERS_READ = 1_600  # the longest text there is


class ReplyIntent(StrEnum):
    """What a reply asks for."""

    STOP_EXACT = "stop_exact"
    START_EXACT = "start_exact"
    HELP = "help"
    STOP_FREE_TEXT = "stop_free_text"
    NONE = "none"


def classify_reply(text: str) -> ReplyIntent:
    """Return what a reply asks for; a keyword counts only where it is the whole message."""
    text = text[:REPLY_CHARACTERS_READ]
    words = _plain(text)
    if words.replace(" ", "") in STOP_WORDS:
        return ReplyIntent.STOP_EXACT
    if words in START_WORDS:
        return ReplyIntent.START_EXACT
    if words in HELP_WORDS:
        return ReplyIntent.HELP
    return ReplyIntent.STOP_FREE_TEXT if _TRIGGER.search(words) and _wishes_to_stop(text) else ReplyIntent.NONE


def _wishes_to_stop(text: str) -> bool:
    for sentence in _SENTENCE_END.split(_without_quotes(text)):
        if _PHRASE.search(_HARMLESS.sub(" ", _plain(sentence))):
            return True
        if any(_CLAUSE.fullmatch(_plain(clause)) for clause in _CLAUSE_END.split(sentence)):
            return True
    return False


def _without_quotes(text: str) -> str:
    """Set aside quoted passages and lines, unless the reply is nothing else."""
    own = _QUOTED_LINE.sub("", _QUOTED.sub(" ", text))
    return text if not own or own.isspace() else own


def _plain(text: str) -> str:
    """Fold case, marks, alphabets' variants and punctuation: "Dón’t  TEXT-me!" becomes "dont text me"."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(c for c in folded if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    return " ".join(_NOT_WORD.sub(" ", _APOSTROPHE.sub("", bare).replace("#", " number ")).split())


_APOSTROPHE = re.compile("['\u2018\u2019`\u00b4]")
_NOT_WORD = re.compile("[^\\w\u0900-\u097f]+|_")  # vowel signs of Devanagari are no word characters to `re`
_SENTENCE_END = re.compile(r"[.!?;\n]+")
_CLAUSE_END = re.compile(r"[,:\u2013\u2014()|]+| - ")
# A phone that cannot send a reaction sends its words: Liked “the whole text”. A short quote may be the wish itself.
_QUOTED = re.compile('[\u201c"\u00ab\u201e][^\u201d"\u00bb\u201c]{25,}(?:[\u201d"\u00bb\u201c]|$)')
_QUOTED_LINE = re.compile(r"^\s*>.*$", re.MULTILINE)

# Words for what we send, and what may stand before them ("stop with all of these texts").
_TEXTS = (
    r"(?:texts|texting|text messages?|messages|messaging|msgs?|sms|ads|spam|spamming|promos?|promotions?|promotional \w+|offers"
    r"|marketing|notifications|alerts|blasts)"
)
_SUCH = (
    r"(?:(?:all|any|the|these|this|those|your|my|more|further|future|sending|with|of|from|me|us|such|to|get|getting|receive|receiving"
    r"|sms|text|mailing|marketing|contact|phone|customer) )*"
)
_LISTS = r"(?:lists?|texts?|messages?|thread|group|system|database|contacts?|chain|campaign|promotions?|notifications?)"
_US = r"(?:me|us|this (?:number|phone)|my (?:number|phone|cell)|again|any ?more|here)(?! back)"
_HARMLESS = re.compile(
    r"\b(?:stop(?:ped|ping)? (?:by|in|over|at|for|and|sign|light|off)|(?:cant|cannot|wont|never|non|bus|pit|doesnt|didnt|not) stop"
    r"|(?:reply|text|txt|send|type) stop to \w+(?: out)?|did (?:i|we) stop"
    r"|(?:dont|do not|didnt|did not) (?:want to |mean to |wish to )?(?:unsubscribe|opt out))\b"
)

# The clause net: politeness, the word, politeness. A clause that begins with "is" asks something.
_BEFORE = (
    r"(?!is )(?:(?:no|ok|okay|yes|hey|hi|hello|sorry|just|please|pls|plz|kindly|thanks?|thank you|i said|i|we|you|u|can|could|would|will"
    r"|think|make|this|it|is|its|thats|that|have|got|ve|a|the|now|so|and|im|am|sir|maam|por favor|bhai|yaar|already) )*"
)
_AFTER = (
    r"(?: (?:stop|sto+p+|end|it|this|that|now|please|pls|plz|thanks?|thank you|thx|ty|me|all|everything|2|to|already|sorry|sir|maam|hai"
    r"|ya|por favor|gracias|bhai|yaar|ji|anymore|forever|immediately|unsubscribe|number|opt ?out))*"
)
_SAID = (
    # English
    r"sto+p+|stop all|unsub|uns?ubscri?be|unsuscribe|opt ?out|remove(?: me)?|delete me|take me off|get me off|block me|quit it|cut it out"
    r"|(?:do not|dont) (?:text|txt|message|msg|contact)(?: me| us)?"
    r"|no more please|please no more|no texts?|no texting|no messages?|no sms|go away|get lost|fuck off|f off|piss off"
    r"|not interested|leave me alone|wrong (?:number|person|guy|lady)|not my (?:number|phone)|isnt my (?:number|phone)|cease and desist"
    # Spanish
    r"|parar|pare|paren|alto|basta|baja|cancelar|no mas|ya no|no me interesa|(?:numero|telefono|persona) equivocad[oa]"
    # Hindi, as it is typed and as it is written
    r"|roko|bas karo|bandh? kar(?:o|iye| ?do| ?dijiye| ?dein)?|mat karo|mat bhej(?:o|iye|na|ein)?|nahi+n? chahi?ye|(?:galat|rong) number"
    f"|{_plain('बंद करो')}|{_plain('बंद कर दो')}|{_plain('बंद करें')}|{_plain('मत भेजो')}|{_plain('नहीं चाहिए')}"
)
_CLAUSE = re.compile(f"{_BEFORE}(?:{_SAID}){_AFTER}|(?:(?:this is|its|thats|just|more|reported|as) )*spam(?: (?:spam|please|stop))*")

# The phrase net, one sentence at a time.
_ENGLISH = (
    r"(?:stop|quit|cease) (?:text|messag|contact|send|writ|spam|bother|harass|call|blast)in\w*"
    rf"|(?:stop|quit) (?:text|txt|msg|message|contact|spam|call)(?: {_US}|$)"
    rf"|(?:stop|end|cancel|cease|halt|discontinue|quit|block|turn off|no more|no further) {_SUCH}{_TEXTS}"
    r"|(?:want|like|need|ask(?:ed|ing)?|tell(?:ing)?|told) (?:you|u|this|it|them|these|yall)(?: all)? to stop$"
    rf"|(?:do not|dont) (?:ever |please |pls )?(?:text|txt|message|msg|contact|sms|write|spam)(?: to)?(?: {_US}|$| please$| ever$)"
    rf"|(?:^|please |pls |just |and |or )never (?:text|txt|message|msg|contact|write) {_US}"
    rf"|(?:can|could|would|will|please|pls|rather) (?:you |u )?(?:please )?not (?:text|txt|message|msg|contact|send) {_US}"
    r"|(?:ask|asked|told|tell|like) (?:you |u |yall )(?:guys )?not to (?:text|message|contact|write)"
    rf"|(?:do not|dont|never) send {_SUCH}(?:anything|{_TEXTS})"
    r"|(?:do not|dont|no longer|didnt|did not|never|not) (?:want|wanna|wish|need|like|care|ask(?:ed)?|sign(?:ed)? up|agreed?)\b"
    rf"(?: \w+){{0,5}}? (?:{_TEXTS}|texted|messaged|contacted|hear from (?:you|u|yall))"
    r"|(?:do not|dont|didnt|did not|never) consent(?:ed)?|no consent$|revoke (?:my )?consent|i revoke|withdraw (?:my )?consent"
    rf"|(?:take|remove|delete|get) me (?:off|from|out)(?: of)? {_SUCH}{_LISTS}"
    r"|(?:take|remove) me (?:off|from this|off this)(?: (?:please|pls|plz|now|thanks))*$"
    r"|(?:remove|delete|erase|lose|forget) (?:my|this) (?:number|phone|info|information|data|contact|cell)"
    rf"|(?:take|remove|delete) my (?:number|name|phone|info) (?:off|from|out of) {_SUCH}{_LISTS}|take my (?:number|name) off"
    r"|opt(?:ing|ed)? (?:me )?out(?! of (?!(?:all |any |the |these |this |your |future )*"
    rf"(?:{_TEXTS}|text|lists?|communications?|everything|it|this)\b))"
    r"|unsub(?:scribed?|scribing|s)?|unsuscribe"
    r"|(?:you|u|ya|youve|you ve|guys) (?:have |got |have got |reached |texted |are texting )?the wrong (?:number|person|guy|lady)"
    r"|leave (?:me|us) alone|cease and desist|harass\w*|do not call list|dnc list|fcc|tcpa"
    r"|(?:ill|will|gonna|going to|be|am|im) report(?:ing)? (?:you|u)"
    r"|report(?:ed|ing)? (?:you |it |this )?(?:as|for) (?:spam|junk|harassment)"
)
_SPANISH = (
    r"no me (?:escrib|envi|mand|contact|molest|text|llam)\w*"
    r"|(?:no (?:mas|quiero|deseo|mande\w*|envie\w*)|dej(?:a|e|en) de (?:enviar|mandar)\w*|basta (?:ya )?(?:de|con)|alto a)"
    r"(?: \w+){0,3} (?:mensajes?|textos?|sms|publicidad|promociones|ofertas)"
    r"|(?:dej(?:a|e|en)|par(?:a|e|en)) de (?:escrib|envi|mand|molest|contact|text|llam)\w*|dej(?:a|e|en)me en paz|no molest\w+"
    r"|(?:dar(?:me)?|dame|denme|deme|den) de baja|(?:dame|denme|deme|quiero) (?:la |de )?baja"
    r"|(?:quit|sac|saqu|borr|elimin)\w* (?:mi numero|de (?:la|su|esta|tu) lista)"
)
_HINDI_TEXTS = r"(?:msg|message|sms|text|offer|mesej)s?"
_HINDI = (
    rf"(?:{_HINDI_TEXTS}(?: \w+){{0,2}}|ye|yeh|isko|ise|inko|sab|bhejna) bandh? kar\w*|bandh? kar\w* (?:ye|yeh|{_HINDI_TEXTS})"
    rf"|(?:{_HINDI_TEXTS}(?: \w+){{0,2}}|ye|yeh|mujhe|kuch) (?:mat|na) bhej\w*|(?:mat|na) bhej\w* (?:ye|yeh|{_HINDI_TEXTS})"
    rf"|{_HINDI_TEXTS} (?:mat|na|nahi+n?) (?:kar|kij)\w*|(?:mat|na) kar\w* {_HINDI_TEXTS}|{_HINDI_TEXTS} nahi+n? chahi?ye"
    r"|(?:mera )?number (?:hata|nikal|delete kar)\w*|hata(?:o| do| dijiye)? mera number|(?:pareshan|tang|disturb) (?:mat|na) kar\w*"
)
_DEVANAGARI = "|".join(map(_plain, ("मैसेज बंद", "मेसेज बंद", "मैसेज मत", "मेसेज मत", "मैसेज नहीं चाहिए", "गलत नंबर", "परेशान मत")))
_PHRASE = re.compile(rf"\b(?:{_ENGLISH}|{_SPANISH}|{_HINDI})\b|{_DEVANAGARI}")
# No reply without one of these is worth the two nets; many have none.
_TRIGGER = re.compile(
    r"sto+p|end |uns|opt|remov|delet|erase|lose|forget|take|get |block|quit|cut it|no |not |isnt|dont|never|didnt|ceas|halt|discont"
    r"|cancel|turn off|go away|f off|fuck|piss|spam|leave|wrong|revok|withdraw|consent|harass|fcc|tcpa|dnc|report|par[ae]|alto|basta|baja"
    r"|dej|equivocad|sa[cq]|borr|elimin|rok|bas |band|mat |na |nahi|galat|rong|hata|nikal|ya no|[\u0900-\u097f]"
)
