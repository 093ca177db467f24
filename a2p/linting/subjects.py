"""What may never be texted about, or only when it is declared; and what reads like a swindle."""

import re

from a2p.linting.words import phrases, plain, says, without_names
from a2p.types import BrandFacts, CampaignFacts, Finding

_FORBIDDEN = phrases(
    "cannabis", "marijuana", "cbd", "thc", "kratom", "vap(?:es?|ing)", r"e-cig\w*", "tobacco", "cigars?", "hookah",
    "escort (?:service|girl|agency)s?", r"porn\w*", "adult entertainment", "firearms?",
    "(?<!massage )(?<!nail )(?<!heat )(?<!spray )(?<!glue )(?<!tattoo )guns?", "ammo", "ammunition", "casino", "betting", "sportsbook",
    "gambling", "payday loans?", "debt (?:relief|consolidation|collection|reduction)", "credit repair", "forex signals?",
    "crypto(?:currency)? (?:investment|trading|signals?)", "get rich", "multi[- ]level marketing", "lead generation", "sweepstakes",
    r"(?:earn|make|job|income|money)s?[^.]{0,30} work(?:ing)?[- ]from[- ]home", r"work[- ]from[- ]home (?:job|income|opportunit)\w*",
)  # fmt: skip
_DRINK = phrases("alcohol", "beers?", "wines?", "liquor", "whiskey", "vodka", "tequila", "cocktails?", "brewery", "over 21")
# A cleaner removes the stain and the smell, a salon says what to avoid after a visit: neither sells it.
_REMOVED = phrases("stains?", "spills?", "smells?", r"odou?rs?", "residue", "removal")
_AVOIDED = phrases("avoid", "refrain", "rubbing", "wipes?", "no", "not", "don't", "without", "free of", r"\w+[- ]free", "non-?alcoholic")
_IN_PASSING = re.compile(f"{_REMOVED.pattern}|{_AVOIDED.pattern}")
_LOANS = phrases("loans?", "lending", "financing", "mortgages?", "cash advance", r"\d ?% apr", "(?:low|fixed|your) apr", "interest rate")
_TOO_GOOD = phrases(
    "you(?:'ve| have) (?:won|been (?:selected|chosen))", r"(?:are|is) (?:a|the|our) (?:lucky )?winner", "you won",
    "claim (?:your )?(?:prize|winnings|cash)", "claim (?:it )?now",
    r"(?:make|earn) \$[\d,]+ (?:a|per|every) (?:day|week|month)", "passive income", "(?:income|money|approval),? guaranteed",
    "guaranteed (?:income|money|approval|returns?)",
)  # fmt: skip
_PHISHING = phrases(
    r"(?:account|card|profile)\b[^.!]{0,30}\b(?:suspended|locked|deactivated|restricted)", "final notice", "final warning",
    r"(?:verify|confirm|update|send|provide|enter)\b[^.!]{0,20}\b(?:social security|ssn|bank details|bank account|password|card number)",
    r"avoid (?:arrest|legal action|suspension)",
)  # fmt: skip
_SENTENCE_END = re.compile(r"[.!?;]\s|\n")


def subject_findings(brand: BrandFacts, campaign: CampaignFacts) -> list[Finding]:
    """Return what the description and the samples are about that is refused, or has to be declared and is not."""
    texts: list[tuple[str, int | None, str]] = [("description", None, campaign.description)]
    texts += [("samples", index, sample) for index, sample in enumerate(campaign.samples)]
    return [finding for field, index, text in texts for finding in _about(brand, campaign, field, index, text)]


def _about(brand: BrandFacts, campaign: CampaignFacts, field: str, index: int | None, text: str) -> list[Finding]:
    found = []
    if forbidden := _sold(text, _FORBIDDEN, unless=_REMOVED):
        found.append(Finding(field, 30897, f"Carriers let nothing through about “{forbidden}”.", index=index))
    if match := _TOO_GOOD.search(plain(text)):
        found.append(Finding(field, 30885, f"“{match.group()}” reads like a swindle. Say what there is, and for whom.", index=index))
    if match := _PHISHING.search(plain(text)):
        found.append(Finding(field, 30884, f"“{match.group()}” reads like phishing. Leave it out.", index=index))
    # What is only in the name ("Brewery Lane Dental") is not what is texted about.
    rest = without_names(text, brand.names)
    if _sold(rest, _DRINK, unless=_IN_PASSING) and not campaign.is_age_gated:
        found.append(Finding(field, 30888, "This is for adults only. Tick the check of age, or leave it out.", index=index))
    if says(rest, _LOANS) and not campaign.is_direct_lending:
        found.append(Finding(field, 30895, "This is about lending. Tick direct lending, or leave it out.", index=index))
    return found


def _sold(text: str, what: re.Pattern[str], *, unless: re.Pattern[str]) -> str:
    """Return the word of a subject in a sentence that does not mention it in passing, or nothing."""
    for sentence in _SENTENCE_END.split(text):
        match = what.search(plain(sentence))
        if match and not says(sentence, unless):
            return match.group()
    return ""
