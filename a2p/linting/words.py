"""How the rules read a text: names, links, numbers and subjects in it."""

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

# Whoever hides where a link leads is refused; the carriers' own list is longer and grows.
SHORTENERS = frozenset(
    """
    bit.ly tinyurl.com goo.gl t.co ow.ly is.gd buff.ly rebrand.ly cutt.ly t.ly rb.gy shorturl.at tiny.cc lnkd.in
    bl.ink s.id v.gd soo.gd adf.ly short.io tr.im qr.co twil.io trib.al dlvr.it shorte.st clck.ru snip.ly smarturl.it
    linktr.ee
    """.split()
)
NO_WEBSITE = frozenset(
    """
    example.com example.org example.net test.com yourwebsite.com yourdomain.com mywebsite.com website.com localhost
    """.split()
)
SOCIAL = frozenset(
    """
    facebook.com instagram.com twitter.com x.com linkedin.com tiktok.com youtube.com yelp.com
    """.split()
)
FREE_MAIL = frozenset(
    """
    gmail.com googlemail.com yahoo.com hotmail.com outlook.com live.com msn.com aol.com icloud.com me.com proton.me
    protonmail.com gmx.com mail.com ymail.com zoho.com yandex.com comcast.net att.net verizon.net
    """.split()
)
# Mailboxes that are gone in an hour.
THROW_AWAY_MAIL = frozenset(
    """
    mailinator.com guerrillamail.com 10minutemail.com temp-mail.org tempmail.com yopmail.com trashmail.com sharklasers.com
    getnada.com throwawaymail.com maildrop.cc dispostable.com fakeinbox.com
    """.split()
)

_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>\"')\]]+"
    r"|\b(?:[a-z0-9-]+\.)+(?:com|net|org|io|co|ly|me|us|biz|info|app|shop|link|gd|cc)\b(?:/[^\s<>\"')\]]*)?",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")
_PHONE = re.compile(r"(?<![\w/.-])(?:\+?1[ .-]?)?(?:\(\d{3}\)|\d{3})[ .-]?\d{3}[ .-]\d{4}(?!\w)|(?<![\w/.-])\+?1?\d{10}(?!\w)")
_PLACEHOLDER = re.compile(
    r"\[?\b(?:company|business|brand|insert|your)[ _]?(?:company|business|brand)?[ _]?name\b\]?"
    r"|\b(?:lorem ipsum|tbd|todo|test message|sample message \d|message here|this is a (?:test|sample))\b|\basdf|\bxxx+\b",
    re.IGNORECASE,
)
_LEGAL_ENDING = re.compile(
    r"[,.]?\s+(?:llc|l\.l\.c\.|inc|incorporated|corp|corporation|co|company|ltd|limited|pllc|pc|lp|llp)\.?$", re.IGNORECASE
)


def phrases(*alternatives: str) -> re.Pattern[str]:
    """Return the pattern of any of these, as whole words of a plain text."""
    return re.compile(rf"\b(?:{'|'.join(alternatives)})\b")


def plain(text: str) -> str:
    """Return a text in one case, without marks or doubled spaces, quotes made straight."""
    folded = unicodedata.normalize("NFKD", text.replace("\u2019", "'").replace("\u2018", "'"))
    return " ".join("".join(c for c in folded if not unicodedata.combining(c)).casefold().split())


def links_in(text: str) -> list[str]:
    """Return the links of a text, email addresses left out."""
    return [match.group().rstrip(".,;:!?") for match in _LINK.finditer(_EMAIL.sub(" ", text))]


def host_of(link: str) -> str:
    """Return whose link it is, without "www."; empty where that cannot be read."""
    try:
        return (address_of(link).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def address_of(link: str) -> SplitResult:
    """Return the parts of a link, as a browser reads one without its beginning. Raises ValueError."""
    return urlsplit(link if "//" in link else f"https://{link}")


def domain_of(host: str) -> str:
    """Return the last two labels of a host: whose domain it is, as far as local businesses go."""
    return ".".join(host.split(".")[-2:])


def phones_in(text: str) -> list[str]:
    """Return what reads like a US phone number."""
    return _PHONE.findall(text)


def has_placeholder(text: str) -> bool:
    """Tell whether somebody forgot to fill something in."""
    return bool(_PLACEHOLDER.search(text))


def names_brand(text: str, names: Iterable[str]) -> bool:
    """Tell whether a text says who is speaking: a name of the business, its legal ending and punctuation aside."""
    said = _letters(text)
    for name in names:
        core = _letters(_LEGAL_ENDING.sub("", name.strip()))
        if len(core) >= 2 and core in said:
            return True
    return False


def without_names(text: str, names: Iterable[str]) -> str:
    """Return a plain text without the names of the business: what they mean is not what it texts about."""
    said = plain(text)
    for name in names:
        core = plain(_LEGAL_ENDING.sub("", name.strip()))
        said = said.replace(core, " ") if len(core) >= 2 else said
    return said


def _letters(text: str) -> str:
    return " ".join(re.sub(r"[^\w ]+", " ", plain(text).replace("&", " and ")).split())


def says(text: str, pattern: re.Pattern[str]) -> bool:
    """Tell whether a plain text says something."""
    return bool(pattern.search(plain(text)))
