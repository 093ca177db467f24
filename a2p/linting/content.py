"""The description and the samples: who speaks, what is said, whether it is what was declared, and what may never be texted."""

import re

from a2p.linting.words import (
    SHORTENERS,
    domain_of,
    has_placeholder,
    host_of,
    links_in,
    names_brand,
    phones_in,
    phrases,
    plain,
    says,
    without_names,
)
from a2p.types import BrandFacts, CampaignFacts, Finding, Severity

DESCRIPTION_WORDS_MIN = 12  # fewer cannot say who writes what to whom and when
DESCRIPTION_WORDS_ENOUGH = 20
ALIKE = 0.9  # share of words two samples have in common from which on they are one

STOP = phrases(
    r"(?:reply|text|txt|send|answer with|respond with)\W{0,3}(?:stop|unsubscribe|end|quit|cancel|opt ?out)",
    r"stop (?:to|for) \w+", "stop (?:ends|cancels|stops)", r"to opt out\b.{0,20}\bstop",
    "stop2(?:end|quit)", r"unsubscribe: ?(?:reply|text) \w+",
)  # fmt: skip
_STOP_WORD = re.compile(r"\bSTOP\b")  # in capitals it is the word to send, whatever stands around it
_DIGITS = re.compile(r"\d+")
_MARKETING = re.compile(
    r"\b\d{1,3} ?% off\b|\$\d+ off\b|\bsave \$?\d+"
    r"|\bhalf[ -](?:off|price)\b|\bbogo\b|\b(?:two|2)[ -]for[ -](?:one|1)\b"
    r"|\b(?:sales?|discounts?|coupons?|promo(?:tion)?s?|offers?|deals?(?! with)|free (?:upgrade|gift|wash)|limited time|black friday"
    r"|(?:loyalty|reward|bonus) points|newsletter|specials|special (?:offer|price|pricing|rate)s?"
    r"|(?:daily|weekly|monthly|today's|spring|summer|fall|winter|holiday|season\w*) special)\b"
)
# What may be an invitation and need not be one: enough for a marketing campaign, too little to refuse another.
_INVITES = phrases(
    "free", r"\w+ points", r"invit\w+", "join(?: us)?", "tonight", "new", "tickets?", "events?", "tastings?", "workshops?", "happy hours?",
    r"a few \w+ left", "seats", "book(?: now)?", "reserve", "treats?", "news", r"announc\w+", "releases?",
    r"launch\w*", "win", "winner", "gift",
)  # fmt: skip
_CARE = phrases(
    "appointments?", "bookings?", "reservation", "reminders?", "confirm(?:ed|ation)?", "scheduled?", "ready for pick ?up", "estimate",
    "invoice", "receipt", "order", "your (?:car|vehicle|detail|visit|service|stylist|technician)", "question", "reply", "support",
    r"arriv\w+", "on (?:the|our) way",
)  # fmt: skip
_CODE = phrases("(?:verification|security|one[- ]time|login|sign[- ]in|access) (?:code|password|pin)", "code is", "otp")
_SENDS = phrases(
    "texts?", "sms", "messages?", "messaging", r"notif\w+", r"remind\w+", "alerts?", "updates?", "sends?", "sent", "receive",
    "tells?", "lets?", r"inform\w*", r"announc\w+", r"invit\w+", r"confirm\w*", "answers?",
)  # fmt: skip
_TO_WHOM = phrases(
    "customers?", "clients?", "guests?", "patients?", "members?", "subscribers?", "people", "users?", "those", "anyone", "everyone",
    r"\w*owners?", "shoppers?", "buyers?", "parents?", "families", "volunteers?", "students?", "residents?", "visitors?", "diners?",
)  # fmt: skip
_VARIABLE = re.compile(r"\{\{?\s*\w+\s*\}?\}|<[a-z_ ]+>|%\w+%", re.IGNORECASE)
_PROMOTIONAL = {"MARKETING", "MIXED", "LOW_VOLUME", "SOLE_PROPRIETOR"}
_NOT = phrases("no", "not", "never", "without", "don't", "won't")
_SENTENCE_END = re.compile(r"[.!?;]\s|\n")
_NO_MARKETING = {"CUSTOMER_CARE", "ACCOUNT_NOTIFICATION", "DELIVERY_NOTIFICATION", "2FA"}


def content_findings(brand: BrandFacts, campaign: CampaignFacts) -> list[Finding]:
    """Return what a reviewer would object to in the description, the samples, and what is declared of them."""
    return [
        *_description(brand, campaign),
        *_samples(brand, campaign),
        *_declared(campaign),
        *_use_case(brand, campaign),
        *_answers(brand, campaign),
    ]


def _description(brand: BrandFacts, campaign: CampaignFacts) -> list[Finding]:
    text = campaign.description
    if not text.strip():
        return []
    if has_placeholder(text):
        return [Finding("description", 30886, "Something was not filled in here. Put in your own words.")]
    found = []
    count, is_named = len(text.split()), names_brand(text, brand.names)
    if count < DESCRIPTION_WORDS_MIN or not (says(text, _SENDS) and says(text, _TO_WHOM)):
        # A long one that names the business may say it in words the patterns do not know.
        severity = Severity.WARNS if is_named and count >= DESCRIPTION_WORDS_ENOUGH else Severity.BLOCKS
        found.append(Finding("description", 30886, "Say whom you write to, what you write, and what makes you write it.", severity))
    if not is_named:
        found.append(Finding("description", 30886, "Name the business: reviewers compare it with the samples.", Severity.WARNS))
    return found


def _samples(brand: BrandFacts, campaign: CampaignFacts) -> list[Finding]:
    samples = [sample for sample in campaign.samples if sample.strip()]
    if not samples:
        return []
    found = []
    for index, sample in enumerate(campaign.samples):
        if has_placeholder(sample):
            found.append(Finding("samples", 30893, "Write a text as you will send it; only what changes goes in [brackets].", index=index))
        elif _VARIABLE.search(sample):
            found.append(Finding("samples", 30893, "Write what changes in [brackets], for example [first name].", Severity.WARNS, index))
        for link in links_in(sample):
            if domain_of(host_of(link)) in SHORTENERS or host_of(link) in SHORTENERS:
                found.append(
                    Finding("samples", 30892, f"Carriers refuse {host_of(link)}. Write the link with your own domain.", index=index)
                )
    if not any(names_brand(sample, brand.names) for sample in samples):
        found.append(Finding("samples", 30893, "No sample says who is writing. Put the name of the business into them."))
    if campaign.use_case != "2FA" and not any(_says_how_to_stop(sample) for sample in samples):
        found.append(Finding("samples", 30887, "No sample says how to stop. End at least one with “Reply STOP to opt out.”"))
    pairs = ((one, other) for place, one in enumerate(samples) for other in samples[place + 1 :])
    if any(_are_alike(one, other) for one, other in pairs):
        found.append(Finding("samples", 30893, "Two samples say the same. Show the different texts you send."))
    return found


def _says_how_to_stop(sample: str) -> bool:
    return bool(_STOP_WORD.search(sample)) or says(sample, STOP)


def _are_alike(one: str, other: str) -> bool:
    ours, theirs = (set(_DIGITS.sub("0", plain(text)).split()) for text in (one, other))
    return len(ours & theirs) >= ALIKE * len(ours | theirs)


def _declared(campaign: CampaignFacts) -> list[Finding]:
    shows_link = any(links_in(sample) for sample in campaign.samples)
    shows_phone = any(phones_in(sample) for sample in campaign.samples)
    found = []
    if shows_link and not campaign.has_embedded_links:
        found.append(Finding("has_embedded_links", 30893, "A sample has a link. Tick that texts contain links."))
    if campaign.has_embedded_links and campaign.samples and not shows_link:
        found.append(Finding("samples", 30893, "You say that texts contain links. Show one in a sample."))
    if shows_phone and not campaign.has_embedded_phone:
        found.append(Finding("has_embedded_phone", 30889, "A sample has a phone number. Tick that texts contain phone numbers."))
    if campaign.has_embedded_phone and campaign.samples and not shows_phone:
        found.append(Finding("samples", 30889, "You say that texts contain phone numbers. Show one in a sample."))
    return found


def _use_case(brand: BrandFacts, campaign: CampaignFacts) -> list[Finding]:
    case, samples = campaign.use_case, [sample for sample in campaign.samples if sample.strip()]
    if (case == "SOLE_PROPRIETOR") != brand.is_sole_proprietor and case:
        return [Finding("use_case", 30900, "The sole-proprietor use case goes with a sole proprietor, and only with one.")]
    found = []
    for index, sample in enumerate(campaign.samples):
        if case in _NO_MARKETING and says(without_names(sample, brand.names), _MARKETING):
            sentence = "This advertises, which the use case does not cover. Choose “mixed” or “low volume”, or leave it out."
            found.append(Finding("samples", 30893, sentence, index=index))
        if case == "2FA" and sample.strip() and not says(sample, _CODE):
            found.append(Finding("samples", 30893, "This use case is for codes alone.", index=index))
    if case == "MARKETING" and any(says(sample, _CARE) for sample in samples) and not any(_advertises(sample) for sample in samples):
        found.append(Finding("samples", 30893, "No sample advertises anything. Show an offer, or choose another use case."))
    described = without_names(campaign.description, brand.names)
    if case in _NO_MARKETING and any(_is_said(sentence, _MARKETING) for sentence in _SENTENCE_END.split(described)):
        found.append(Finding("description", 30886, "The description speaks of offers, which the use case does not cover."))
    if case == "MARKETING" and says(campaign.description, _CARE) and not _advertises(campaign.description):
        found.append(Finding("description", 30886, "Say that you send offers: that is what this use case is for.", Severity.WARNS))
    return found


def _is_said(sentence: str, what: re.Pattern[str]) -> bool:
    return says(sentence, what) and not says(sentence, _NOT)


def _advertises(text: str) -> bool:
    return says(text, _MARKETING) or says(text, _INVITES)


_KEEPS = re.compile(r"[?$%]|\bcode\b|\bfree\b|\bcall\b")  # an answer to STOP that asks, sells, or sends people elsewhere
_NO_MORE = re.compile(
    r"\b(?:unsubscribed|opted out|removed|stopped|ended|off (?:the|our) list|(?:texts|messages|updates|reminders) are (?:now )?off"
    r"|no (?:more|further|additional) (?:\w+ ){0,2}(?:messages|texts|msgs|sms)"
    r"|(?:not|won't) (?:\w+ )?(?:receive|get|hear|be texted|text|send)"
    r"|(?:will|we'll|have) stop(?:ped)? (?:texting|sending))\b"
)
_REACH = re.compile(r"@|\b(?:call|email|visit|contact|phone)\b")


def _answers(brand: BrandFacts, campaign: CampaignFacts) -> list[Finding]:
    found = []
    out, help_text = campaign.opt_out_message, campaign.help_message
    if out.strip() and not (says(out, _NO_MORE) and names_brand(out, brand.names)):
        is_odd = says(out, _KEEPS) or not names_brand(out, brand.names)
        severity = Severity.BLOCKS if is_odd else Severity.WARNS
        found.append(Finding("opt_out_message", 30887, "Name the business, and say that no more texts will come.", severity))
    if help_text.strip():
        if not names_brand(help_text, brand.names):
            found.append(Finding("help_message", 30890, "The answer to HELP names the business."))
        elif not (says(help_text, _REACH) or phones_in(help_text) or links_in(help_text)):
            found.append(Finding("help_message", 30890, "The answer to HELP says how to reach you: a phone number or an email address."))
    if campaign.opt_out_keywords and "STOP" not in {word.upper() for word in campaign.opt_out_keywords}:
        found.append(Finding("opt_out_keywords", 30887, "STOP has to be among the words that stop texts."))
    if campaign.help_keywords and "HELP" not in {word.upper() for word in campaign.help_keywords}:
        found.append(Finding("help_keywords", 30890, "HELP has to be among the words that ask for help."))
    if {word.upper() for word in campaign.opt_in_keywords} & {word.upper() for word in campaign.opt_out_keywords}:
        found.append(Finding("opt_in_keywords", 30896, "A word cannot both begin and stop texts."))
    return found
