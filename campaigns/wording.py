"""Reasons in plain words, for owners."""

from typing import Any

_REASONS = {
    "opted_out_explicit": "asked not to be contacted",
    "address_suppressed": "replied STOP or unsubscribed, so this address is never written to",
    "erased": "was erased at their own request or by the owner",
    "sms_disabled_campaign": "texts are switched off for this campaign",
    "email_disabled_campaign": "emails are switched off for this campaign",
    "invalid_phone_format": "there is no phone number that can receive texts",
    "invalid_email_format": "there is no email address",
    "twilio_not_configured": "texting is not set up yet",
    "sendgrid_not_configured": "email is not set up yet",
    "to_equals_from": "this is the business's own number",
    "already_sent_ok": "this address already received this campaign's message",
    "consent_required": "nobody recorded that this person agreed to be written to",
    "quiet_hours": "it is outside decent hours where this person may live",
    "opted_out_provider": "the carrier says this person opted out",
    "provider_rejected": "the carrier refused this number",
    "provider_throttled": "the provider asked us to wait",
    "provider_unreachable": "the provider could not be reached",
    "provider_answer_unknown": "the provider's answer was lost; we are checking its records before doing anything",
    "provider_account": "the provider refused the account",
    "claimed_elsewhere": "another worker has this message; we are waiting for its outcome",
    "claim_failed": "the database could not note the message before sending, so it was not sent",
    "record_failed": "the outcome could not be written down; the provider's records will tell",
    "cancelled": "the campaign was cancelled before this person's turn",
    "pace": "waiting for its turn",
    "invited_recently": "was invited within the last 24 hours",
    "registered_already": "has registered meanwhile",
    "phone_only": "invitations go to phones alone",
    "offer_ended": "the welcome offer ended before this person's turn",
    "not_on_whatsapp": "this number is not on WhatsApp",
    "whatsapp_outside_window": "WhatsApp lets only approved templates through to people who did not write within 24 hours",
    "whatsapp_us_marketing": "WhatsApp delivers no advertising to numbers in the US",
    "whatsapp_limited": "WhatsApp chose not to deliver it to this person for now",
    "whatsapp_template": "WhatsApp does not let the template through",
    "whatsapp_disabled_campaign": "WhatsApp is switched off for this campaign",
    "channel_not_chosen": "this campaign does not go by this channel",
    "whatsapp_not_configured": "WhatsApp is not set up yet",
    "a2p_not_registered": "carriers take no texts of this business in the US until it is registered",
}
_STATUSES = {
    "pending": "The {channel} waits for its turn",
    "in_doubt": "The {channel} is being sent, or its outcome is being checked",
    "sent": "The {channel} was handed to the provider",
    "failed": "The {channel} could not be delivered",
    "skipped": "No {channel} was sent",
    "held": "The {channel} is held until a decent hour",
}
ACCOUNT_PAUSE = "The provider refused our account ({error}). Check the credentials or the account's state, then resume: nobody is lost."

A2P_PAUSE = (
    "Texting in the US is not registered yet: carriers refuse such texts. Finish the registration on the page “Texting in the US”, then"
    " come back here: nobody is lost."
)
TEMPLATE_PAUSE = "WhatsApp does not let the template through ({error}). Mend or change it, then resume: nobody is lost."
UNREACHABLE_PAUSE = (
    "The provider could not be reached, {attempts} times in a row. Resume when it is back: nobody was written to twice, nobody is lost."
)


def reason_label(reason: str) -> str:
    """Return a reason as a short phrase."""
    return _REASONS.get(reason, "for a reason we have no words for yet") if reason else ""


def sentence_for(channel: str, status: str, reason: str, facts: dict[str, Any]) -> str:
    """Return one sentence about one channel of one person."""
    sentence = _STATUSES[status].format(channel=channel)
    if reason:
        sentence += f": {reason_label(reason)}"
    zones = facts.get(channel, {}).get("zones") if isinstance(facts.get(channel), dict) else None
    if status == "held" and zones:
        sentence += f" ({', '.join(zone.split('/')[-1].replace('_', ' ') for zone in zones)})"
    return sentence + "."


_CARRIER = {
    "delivered": " The carrier delivered it.",
    "read": " It was read.",
    "undelivered": " The carrier could not deliver it; the number may be switched off or no longer in use.",
    "failed": " The carrier could not deliver it; the number may be switched off or no longer in use.",
}


def carrier_sentence(status: str | None) -> str:
    """Return what the carrier reported since, as a sentence with a leading space; empty where it said nothing final."""
    return _CARRIER.get(status or "", "")


def fallback_sentence(facts: dict[str, Any]) -> str:
    """Return why WhatsApp was left for a text, as a sentence with a leading space; empty where it was not."""
    said = facts.get("whatsapp")
    return f" WhatsApp did not reach this person: {reason_label(said['reason'])}." if said else ""
