"""What Twilio, the registry and the carriers mean by a rejection code: the field it is about, what to do, and whether it is final.

Codes and causes: Twilio's error dictionary (https://www.twilio.com/docs/api/errors) and its guides to troubleshooting brands and
campaigns. A code nobody knows yet is explained as far as its own fields go.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class Stage(StrEnum):
    """What was refused."""

    PROFILE = "profile"
    BRAND = "brand"
    CAMPAIGN = "campaign"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Rejection:
    """A refusal in plain words; `fields` are those of our own forms, `is_final` says that changing them does not help."""

    code: int
    stage: Stage
    meaning: str
    fix: str
    fields: tuple[str, ...] = ()
    is_final: bool = False
    is_known: bool = True


_SUPPORT = "Changing the text does not help here. Write to us, and we take it up with the provider."
_WAIT = "Nothing is wrong with what you wrote. We try again by ourselves."
_COMPARE = "Copy the legal name, the number and the address letter by letter from the letter the tax office sent (CP 575 or 147C)."

_Row = tuple[str, str, str, bool]  # meaning, fix, fields (with spaces between), whether it is final

_PROFILE: dict[int, _Row] = {
    20001: (
        "Twilio did not take something that was sent.",
        "Go through the fields, and submit again; if it stays so, write to us.",
        "",
        False,
    ),
    20404: ("Something that was registered before is gone at Twilio.", _SUPPORT, "", False),
    21628: ("The address could not be verified.", "Write street, city, state and postal code as the post does.", "street city", False),
    18601: ("The website could not be verified.", "Give a website that opens without a password and shows what you do.", "website", False),
    22214: ("A part of the business profile is missing.", "Fill in the business and its representative completely.", "legal_name", False),
    22215: ("A field of the business profile is missing or not usable.", "Fill in the fields that are marked.", "legal_name", False),
    22216: ("The address document is missing.", "Fill in the address completely.", "street", False),
    22217: ("A field of the address is missing.", "Fill in street, city, state and postal code.", "street city region postal_code", False),
    22218: ("The address does not belong to the business it was given for.", _COMPARE, "legal_name street", False),
    22219: ("The address is missing.", "Fill in the address of the business.", "street city region postal_code", False),
}
_BRAND: dict[int, _Row] = {
    21724: ("This brand was corrected three times already, which is as often as it is allowed.", _SUPPORT, "", True),
    21725: ("The brand is not in a state in which it can be corrected.", "Refresh the status, and look again.", "", False),
    21726: ("This kind of brand cannot be registered any more.", "Register with the tax number of the business.", "company_type", False),
    21731: ("The brand is suspended.", _SUPPORT, "", True),
    30701: ("The state or region is not one the registry knows.", "Write the state as two letters, for example TX.", "region", False),
    30702: ("The registry no longer has this brand.", "Submit again: the brand is registered anew.", "", False),
    30729: ("Businesses of this country cannot be registered.", "Give the address at which the business is registered.", "country", False),
    30751: ("The mobile number cannot receive the code.", "Give a US mobile number that receives texts.", "contact_phone", False),
    30790: ("The registry had a fault.", _WAIT, "", False),
    30791: ("The registry was away for a moment.", _WAIT, "", False),
    30792: ("The registry had a fault it does not explain.", _SUPPORT, "", False),
    30795: ("The tax number does not belong to this legal name.", _COMPARE, "registration_number legal_name", False),
    30796: ("The stock symbol could not be verified.", "Give exchange and symbol as listed.", "stock_exchange stock_ticker", False),
    30797: ("The non-profit status could not be verified.", "Choose what the tax office has you registered as.", "company_type", False),
    30798: ("The business could not be verified as a public authority.", "Choose what you are registered as.", "company_type", False),
    30799: ("Name, number and address together do not match public records.", _COMPARE, "legal_name registration_number street", False),
    30894: ("What is said of the business does not fit together.", "Use one name everywhere: here, in the samples and on the website.",
            "legal_name website samples", False),
    30898: ("The tax number was used for too many brands.", "Give a tax number of your own, or write to us.", "registration_number", True),
}  # fmt: skip
_CAMPAIGN: dict[int, _Row] = {
    30540: ("The text that welcomes people is missing, or lacks what has to be in it.",
            "Name the business, and say that rates may apply, that HELP gets an answer and STOP ends it.", "opt_in_message", False),
    30543: ("The address of the page on which people agree is missing.", "Give the address of the form itself; a picture is not enough.",
            "message_flow", False),
    30551: ("What people agree to does not say that it is text messages.", "Write “text messages” or “SMS” beside the box.",
            "message_flow", False),
    30555: ("It is not shown how people agreed before the first text.", "Describe the step in which they say yes, and where it happens.",
            "message_flow", False),
    30556: ("Texts are agreed to together with calls, emails or something else.", "Ask for texts in a box of their own.", "message_flow",
            False),
    21717: ("The brand is not approved yet.", "Wait until the brand is approved; we submit the campaign then.", "", False),
    21719: ("The use case does not fit the messaging service.", "Choose another use case.", "use_case", False),
    21720: ("There is no such use case.", "Choose a use case from the list.", "use_case", False),
    21727: ("A field that is asked for is missing.", "Fill in the fields that are marked.", "description message_flow samples", False),
    21728: ("A field is too short or too long.", "Keep to the lengths beside the fields.", "description message_flow samples", False),
    21729: ("The campaign is suspended.", _SUPPORT, "", True),
    21730: ("The registry is closed for maintenance.", _WAIT, "", False),
    30880: ("The reviewers refused it without saying why.", "Go through the hints beside the fields, then submit again.", "", False),
    30881: ("The email address for questions does not work or is a private one.", "Give an address at the domain of your website.",
            "contact_email", False),
    30882: ("The terms and conditions are missing or do not speak of texts.",
            "Link a page that names the texts you send, how often, the cost, HELP and STOP.", "terms_url", False),
    30883: ("What would be sent is not allowed at all.", _SUPPORT, "samples description", True),
    30884: ("It was taken for spam or phishing.", _SUPPORT, "samples", True),
    30885: ("It was taken for fraud or deceptive advertising.", _SUPPORT, "description samples", True),
    30886: ("The description does not say clearly what is sent to whom, or does not fit the use case.",
            "Say who you are, whom you write to, what you write and what makes you write it.", "description use_case", False),
    30887: ("How to stop is missing.", "End at least one sample with “Reply STOP to opt out.”", "samples opt_out_message", False),
    30888: ("It is about something for adults, without a check of age.", "Tick the check of age, or leave the subject out.",
            "is_age_gated", False),
    30889: ("Whether texts contain phone numbers was answered wrongly.", "Tick it only if a sample shows a number, and show one then.",
            "has_embedded_phone samples", False),
    30890: ("The answer to HELP does not say who you are or how to reach you.", "Name the business and a phone number or email address.",
            "help_message", False),
    30891: ("The website does not open, is unfinished or does not belong to the business.",
            "Give a finished website that opens for everybody and names the business.", "website", False),
    30892: ("A sample uses a public link shortener.", "Write the link with your own domain.", "samples", False),
    30893: ("The samples do not fit the use case or each other.", "Write two or more real texts of this use case, with your name in them.",
            "samples use_case", False),
    30895: ("It is about loans, without saying so.", "Tick direct lending, or leave the subject out.", "is_direct_lending", False),
    30896: ("How people agree to get texts is missing or not good enough.",
            "Say where they agree, what they read there, that the box is empty before, and that nothing depends on it.", "message_flow",
            False),
    30897: ("It is about something that may not be texted about.", _SUPPORT, "description samples", True),
    30899: ("A carrier refused it.", _SUPPORT, "", False),
    30900: ("This use case is not open to this business.", "Choose another use case, for example low volume.", "use_case", False),
    30901: ("The review was not finished in time.", "Submit it again.", "", False),
    30902: ("A company between the provider and the carriers refused it.", _SUPPORT, "", False),
    30904: ("The campaign is not with this provider.", _SUPPORT, "", False),
    30905: ("The review is not finished yet.", _WAIT, "", False),
    30908: ("The privacy policy is missing, or does not say that phone numbers are not passed on.",
            "Link a page that says: mobile numbers and consent to texts are not shared with third parties for marketing.", "privacy_url",
            False),
    30909: ("The reviewer could not check how people agree.",
            "Give the address of the page with the form, and name the business, how often you write, the cost, HELP and STOP.",
            "message_flow", False),
    30910: ("It is not in English.", "Write every text in English, or put the translation beside it.",
            "description message_flow samples", False),
    30925: ("The box by which people agree is ticked before they come.", "Leave the box empty, and say so.", "message_flow", False),
    30930: ("The brand has as many campaigns as it may have.", _SUPPORT, "", True),
    30933: ("The privacy policy could not be opened or is not enough.", "Link a page that opens for everybody.", "privacy_url", False),
    30934: ("The terms could not be opened or are not enough.", "Link a page that opens for everybody.", "terms_url", False),
}  # fmt: skip
_NUMBER: dict[int, _Row] = {
    21710: ("The number is in this messaging service already.", "Nothing is to be done.", "", False),
    21712: ("The number belongs to another messaging service.", "Take it out of the other one first; that is yours to decide.", "", False),
    21714: ("The messaging service has as many numbers as it may have.", _SUPPORT, "", False),
    21715: ("The number cannot send texts.", "Choose a number that can.", "", False),
    30024: ("A carrier does not know the number yet.", _WAIT, "", False),
    30034: ("The number is not part of an approved registration.", "Wait for the approval, or attach the number.", "", False),
    30035: ("The number is being set up with the carriers.", _WAIT, "", False),
}


def _rejections(stage: Stage, rows: dict[int, _Row]) -> dict[int, Rejection]:
    return {
        code: Rejection(code, stage, meaning, fix, tuple(fields.split()), is_final)
        for code, (meaning, fix, fields, is_final) in rows.items()
    }


REJECTIONS: dict[int, Rejection] = {
    **_rejections(Stage.PROFILE, _PROFILE),
    **_rejections(Stage.BRAND, _BRAND),
    **_rejections(Stage.CAMPAIGN, _CAMPAIGN),
    **_rejections(Stage.NUMBER, _NUMBER),
}
# What the provider calls a field of ours.
FIELDS: dict[str, str] = {
    "DESCRIPTION": "description",
    "MESSAGE_FLOW": "message_flow",
    "MESSAGE_SAMPLES": "samples",
    "MESSAGE_SAMPLE": "samples",
    "US_APP_TO_PERSON_USECASE": "use_case",
    "USE_CASE": "use_case",
    "OPT_IN_MESSAGE": "opt_in_message",
    "OPT_OUT_MESSAGE": "opt_out_message",
    "HELP_MESSAGE": "help_message",
    "OPT_IN_KEYWORDS": "opt_in_keywords",
    "OPT_OUT_KEYWORDS": "opt_out_keywords",
    "HELP_KEYWORDS": "help_keywords",
    "HAS_EMBEDDED_LINKS": "has_embedded_links",
    "HAS_EMBEDDED_PHONE": "has_embedded_phone",
    "AGE_GATED": "is_age_gated",
    "DIRECT_LENDING": "is_direct_lending",
    "PRIVACY_POLICY_URL": "privacy_url",
    "TERMS_AND_CONDITIONS_URL": "terms_url",
    "BUSINESS_NAME": "legal_name",
    "LEGAL_NAME": "legal_name",
    "TAX_ID": "registration_number",
    "REGION": "region",
    "CONTACT_EMAIL": "contact_email",
    "FIRST_NAME": "contact_first_name",
    "LAST_NAME": "contact_last_name",
    "BUSINESS_TITLE": "contact_title",
    "BUSINESS_REGISTRATION_NUMBER": "registration_number",
    "WEBSITE_URL": "website",
    "EMAIL": "contact_email",
    "PHONE_NUMBER": "contact_phone",
}


def explain_rejection(code: int, provider_fields: Sequence[str] = ()) -> Rejection:
    """Return what a code means; the fields the provider named come before those the code is mostly about.

    A code nobody knows yet says so, and points to the fields that were named.
    """
    named = tuple(dict.fromkeys(FIELDS[name.upper()] for name in provider_fields if name.upper() in FIELDS))
    known = REJECTIONS.get(code)
    if known:
        return replace(known, fields=named or known.fields)
    where = "Look at the fields that are marked" if named else "Go through the hints beside the fields"
    meaning = "It was refused for a reason we have no words for yet."
    return Rejection(code, Stage.CAMPAIGN, meaning, f"{where}, then submit again, or write to us.", named, is_known=False)
