"""Read dates, times and yes or no as people write them in English, German, Spanish and Hindi."""

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum, auto
from functools import lru_cache

MONTH_FIRST_REGIONS = frozenset({"US", "PH", "PR", "GU", "VI", "AS", "MP", "FM", "MH", "PW"})
BIRTH_YEAR_MIN = 1900
SERIAL_DAY_ZERO, SERIAL_MIN, SERIAL_MAX = date(1899, 12, 30), 366, 73_050  # how spreadsheets count days: 1900 to 2099
_MONTHS = (
    "january jan januar janner enero ene जनवरी janvari janwari",
    "february feb februar feber febrero फरवरी फ़रवरी farvari farwari",
    "march mar marz maerz marzo मार्च",
    "april apr abril abr अप्रैल aprail",
    "may mai mayo मई",
    "june jun juni junio जून joon",
    "july jul juli julio जुलाई julai",
    "august aug agosto ago अगस्त agast",
    "september sep sept septiembre setiembre सितंबर सितम्बर sitambar",
    "october oct oktober okt octubre अक्टूबर अक्तूबर aktubar aktoobar",
    "november nov noviembre नवंबर नवम्बर navambar",
    "december dec dezember dez diciembre dic दिसंबर दिसम्बर disambar",
)
_MONTH_OF = {unicodedata.normalize("NFKC", word): number for number, words in enumerate(_MONTHS, 1) for word in words.split()}
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])\s?(\d{1,2})\2\s?(\d{4}|\d{2})")
_NAMED = re.compile(
    r"(?:\w+,?\s+)?(\d{1,2})(?:\.|st|nd|rd|th)?[\s-]+(?:de\s+)?([^\W\d]\S*?)\.?,?[\s-]+(?:del?\s+)?(\d{4}|\d{2})", re.IGNORECASE
)
_MONTH_NAMED_FIRST = re.compile(r"(?:\w+,\s+)?([^\W\d]\S*?)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})", re.IGNORECASE)
_TIME = re.compile(r"(?:T|,?\s+)(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?\s*([AaPp])?\.?(?:[Mm]\.?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?$")
_ACCENTS = re.compile(r"[\u0300-\u036f]")


def date_of(text: str, region: str, today: date) -> date | None:
    """Return the day `text` names as written in `region` (ISO country), or None; two-digit years lie before `today`."""
    return _date_of(text.strip(), region in MONTH_FIRST_REGIONS, today.year)


@lru_cache(maxsize=16_384)
def _date_of(text: str, is_month_first: bool, this_year: int) -> date | None:
    text = _TIME.sub("", unicodedata.normalize("NFKC", text)).strip()
    if text.isdecimal() and len(text) == 5 and SERIAL_MIN <= int(text) <= SERIAL_MAX:
        return SERIAL_DAY_ZERO + timedelta(days=int(text))
    if found := _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text):
        year, *_, month, day = found.groups()
        return _day(year, month, day, this_year)
    if found := _YEAR_LAST.fullmatch(text):
        first, sign, second, year = found.groups()
        is_us = sign != "." and (is_month_first or int(second) > 12) and int(first) <= 12
        month, day = (first, second) if is_us else (second, first)
        return _day(year, month, day, this_year)
    if found := _NAMED.fullmatch(text):
        day, named, year = found.groups()
        return _day(year, _month(named), day, this_year)
    if found := _MONTH_NAMED_FIRST.fullmatch(text):
        named, day, year = found.groups()
        return _day(year, _month(named), day, this_year)
    return None


def _month(named: str) -> str:
    folded = named.casefold()
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", folded))
    return str(_MONTH_OF.get(folded) or _MONTH_OF.get(plain) or 0)


def _day(year: str, month: str, day: str, this_year: int) -> date | None:
    full_year = int(year)
    if len(year) == 2:
        century = this_year // 100 * 100
        full_year += century if full_year <= this_year % 100 else century - 100
    try:
        return date(full_year, int(month), int(day))
    except ValueError:
        return None


def birthday_of(text: str, region: str, today: date) -> date | None:
    """Return a day somebody living can have been born on, or None."""
    day = date_of(text, region, today)
    return day if day and day.year >= BIRTH_YEAR_MIN and day <= today else None


def instant_of(text: str, region: str, today: date) -> datetime | None:
    """Return the instant `text` names, in UTC unless it names another offset; a bare day begins at midnight."""
    text = text.strip()
    day = date_of(text, region, today)
    if day is None or day > today + timedelta(days=1):  # it may be tomorrow already where it was written
        return None
    found = _TIME.search(text)
    if not found:
        return datetime.combine(day, time(), UTC)
    hours, minutes, seconds, half, offset = found.groups()
    hour = int(hours) % 12 + (12 if half in "pP" else 0) if half else int(hours)
    try:
        instant = datetime.combine(day, time(hour, int(minutes), int(seconds or 0)), UTC)
    except ValueError:
        return None
    if offset and offset[0] in "+-":
        shift = timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:]))
        instant += shift if offset[0] == "-" else -shift
    return instant


class Word(Enum):
    """What a cell of a consent column says."""

    YES = auto()
    NO = auto()
    GRANTED = auto()
    REFUSED = auto()
    NOTHING = auto()
    UNCLEAR = auto()


_WORDS = {
    Word.YES: "yes|y|true|t|1|x|✓|✔|☑|✅|on|ok|okay|yep|ja|j|wahr|si|s|verdadero|cierto|हाँ|हां|हा|जी|जी हाँ|जी हां|सही|haan|han|haa"
    "|ji|ji haan|ji han",
    Word.NO: "no|n|false|f|0|✗|✘|☐|❌|off|nope|nein|falsch|falso|नहीं|नही|ना|जी नहीं|गलत|nahi|nahin|nahi|na ji|ji nahi|ji nahin",
    Word.GRANTED: "subscribed|opted in|opt in|optin|granted|accepted|agreed|consented|allowed|given|confirmed|active|double opt in"
    "|single opt in"
    "|erteilt|zugestimmt|eingewilligt|abonniert|angemeldet|erlaubt|suscrito|suscrita|aceptado|acepta|acepto|autorizado|autoriza|permitido"
    "|सहमत|सहमति दी|अनुमति दी|sahmat|sahmati di",
    Word.REFUSED: "unsubscribed|opted out|opt out|optout|refused|declined|denied|withdrawn|revoked|rejected|stop|stopped|blocked"
    "|blacklisted|not allowed"
    "|not subscribed|do not contact|do not text|not consented|no consent|not opted in|complained|spam|dnd|cleaned"
    "|abgemeldet|widerrufen|abgelehnt|verweigert|nicht erlaubt|gesperrt|keine werbung|baja|de baja|rechazado|rechaza|no acepta"
    "|no suscrito|no autoriza"
    "|cancelado|bloqueado|no permitido|असहमत|मना|मना किया|बंद|asahmat|mana|mana kiya|band",
    Word.NOTHING: "|n a|na|none|null|nil|unknown|not set|not specified|never subscribed|pending|not asked|unbekannt|keine angabe"
    "|k a|offen|nicht gefragt"
    "|desconocido|sin datos|pendiente|अज्ञात|पता नहीं|pata nahi|agyat",
}
_SIGNS = frozenset("✓✔☑✅✗✘☐❌")


@lru_cache(maxsize=4_096)
def word_of(text: str) -> Word:
    """Return what a cell that should hold yes or no says."""
    return _MEANING.get(_plain(text), Word.UNCLEAR)


def _plain(text: str) -> str:
    folded = _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))
    kept = "".join(c if c in _SIGNS or unicodedata.category(c)[0] in "LMN" else " " for c in folded if c != "\ufe0f")
    return " ".join(kept.split())


_MEANING = {_plain(word): meaning for meaning, words in _WORDS.items() for word in words.split("|")}


def permission_of(text: str) -> bool | None:
    """Return a yes or a no to being written to; None when nothing, or nothing clear, was said."""
    return {Word.YES: True, Word.GRANTED: True, Word.NO: False, Word.REFUSED: False}.get(word_of(text))


def refusal_of(text: str) -> bool:
    """Tell whether a cell under "opted out" says so. What cannot be understood counts as a wish to be left alone."""
    return word_of(text) in {Word.YES, Word.REFUSED, Word.UNCLEAR}
