"""Whether what is submitted is in English: reviewers read nothing else, and refuse what they cannot read."""

import re
import unicodedata

from a2p.linting.words import plain
from a2p.types import CampaignFacts, Finding

NOT_ENGLISH = 30910
FOREIGN_WORDS_MIN = 3  # fewer are a name, as in "La Casa de Rosa"
OTHER_LETTERS_MIN = 0.3  # share of letters of another script
# The commonest words of languages that businesses in the US write in, without marks; none is an English word.
_FOREIGN = frozenset(
    """
    el la los las del que en un una su sus por para con es esta se al lo como mas hoy manana usted gracias nuestro nuestra clientes
    mensajes mensaje cita citas responda recibir puede listo
    le les des et vous votre vos pour avec est une nous notre sur dans demain rendez merci
    o os as voce seu sua nao com uma hoje amanha obrigado mensagens
    cua ban chung toi va cho quy khach lich hen tin nhan
    """.split()
) - {"as", "o", "a", "est", "ban", "hen", "tin", "con", "les", "va"}
_ENGLISH = frozenset(
    """
    the and of to in for you your our is are we a with this that or on at be will by from us it may not have as if when who
    """.split()
)
_WORD = re.compile(r"[^\W\d_]+")


def language_findings(campaign: CampaignFacts) -> list[Finding]:
    """Return the texts that are not in English; one with its translation beside it counts as English."""
    texts: list[tuple[str, int | None, str]] = [("description", None, campaign.description), ("message_flow", None, campaign.message_flow)]
    texts += [("samples", index, sample) for index, sample in enumerate(campaign.samples)]
    sentence = "Reviewers read English only. Write it in English, or put the translation beside it."
    return [Finding(field, NOT_ENGLISH, sentence, index=index) for field, index, text in texts if is_foreign(text)]


def is_foreign(text: str) -> bool:
    """Tell whether a text is in another language than English, as far as its commonest words and its letters tell."""
    letters = [letter for letter in text if letter.isalpha()]
    others = sum("LATIN" not in unicodedata.name(letter, "") for letter in letters)
    if letters and others > OTHER_LETTERS_MIN * len(letters):
        return True
    words = set(_WORD.findall(plain(text)))
    foreign = len(words & _FOREIGN)
    return foreign >= FOREIGN_WORDS_MIN and foreign > len(words & _ENGLISH)
