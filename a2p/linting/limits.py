"""The provider's own limits: a request outside them is refused before anybody reads it."""

import re

from a2p.types import CampaignFacts, Finding, UseCase

# Characters: https://www.twilio.com/docs/messaging/api/usapptoperson-resource
TEXTS = {"description": (40, 4_096), "message_flow": (40, 2_048)}
ANSWERS = {"opt_in_message": (20, 320), "opt_out_message": (20, 320), "help_message": (20, 320)}
SAMPLE_CHARACTERS = (20, 1_024)
SAMPLES = (2, 5)
KEYWORDS_CHARACTERS_MAX = 255  # of all keywords of one kind together
MISSING, LENGTH, UNKNOWN_USE_CASE = 21727, 21728, 21720
_LABELS = {
    "description": "The description",
    "message_flow": "How people agree",
    "opt_in_message": "The welcome text",
    "opt_out_message": "The answer to STOP",
    "help_message": "The answer to HELP",
}
_KEYWORD = re.compile(r"[A-Za-z0-9]+", re.ASCII)


def limit_findings(campaign: CampaignFacts) -> list[Finding]:
    """Return what is missing, too short, too long, or of a shape the provider does not take."""
    found = [] if campaign.use_case in set(UseCase) else [Finding("use_case", UNKNOWN_USE_CASE, "Choose what you will text about.")]
    for field, (least, most) in TEXTS.items():
        found += _length(field, getattr(campaign, field), least, most, is_needed=True)
    for field, (least, most) in ANSWERS.items():
        found += _length(field, getattr(campaign, field), least, most, is_needed=False)
    return found + _samples(campaign.samples) + _keywords(campaign)


def _length(field: str, text: str, least: int, most: int, *, is_needed: bool) -> list[Finding]:
    count, label = len(text.strip()), _LABELS[field]
    if not count:
        return [Finding(field, MISSING, f"{label} is missing.")] if is_needed else []
    if count < least:
        return [Finding(field, LENGTH, f"{label} needs at least {least} characters; it has {count}.")]
    return [Finding(field, LENGTH, f"{label} can have {most:,} characters; it has {count:,}.")] if count > most else []


def _samples(samples: tuple[str, ...]) -> list[Finding]:
    written = [sample for sample in samples if sample.strip()]
    least, most = SAMPLES
    found = []
    if len(written) < least:
        found.append(Finding("samples", MISSING, f"Write at least {least} texts as you will send them."))
    if len(written) > most:
        found.append(Finding("samples", LENGTH, f"Give at most {most} samples."))
    for index, sample in enumerate(samples):
        count = len(sample.strip())
        if count and not SAMPLE_CHARACTERS[0] <= count <= SAMPLE_CHARACTERS[1]:
            sentence = f"A sample has {SAMPLE_CHARACTERS[0]} to {SAMPLE_CHARACTERS[1]:,} characters; this one has {count:,}."
            found.append(Finding("samples", LENGTH, sentence, index=index))
    return found


def _keywords(campaign: CampaignFacts) -> list[Finding]:
    found = []
    for field in ("opt_in_keywords", "opt_out_keywords", "help_keywords"):
        words = getattr(campaign, field)
        if any(not _KEYWORD.fullmatch(word) for word in words):
            found.append(Finding(field, LENGTH, "Keywords are single words of letters and digits."))
        if len(",".join(words)) > KEYWORDS_CHARACTERS_MAX:
            found.append(Finding(field, LENGTH, f"All keywords together can have {KEYWORDS_CHARACTERS_MAX} characters."))
    return found
