"""What was done to a campaign and what providers reported of its messages, in plain words."""

from collections.abc import Mapping
from typing import Any

from campaigns.wording import reason_label

# What stands in the audit trail.
_DONE = {
    "messaging_created": "made it",
    "messaging_selection_changed": "chose its customers",
    "campaign_start_requested": "started it",
    "campaign_started": "began to send it",
    "campaign_scheduled": "put it on the calendar",
    "campaign_unscheduled": "took it off the calendar",
    "campaign_not_started": "could not start it when it was due",
    "campaign_paused": "paused it",
    "campaign_resumed": "resumed it",
    "campaign_reopened": "took it up again",
    "campaign_cancelled": "cancelled it",
    "campaign_failed_retried": "gave those it failed for another turn",
    "campaign_recipient_removed": "took somebody off the list",
    "recipient_explained": "asked what became of somebody",
    "campaign_exported": "took the list of recipients along",
    "campaign_test_sent": "sent a test to themselves",
}
# What was changed, by the step of the wizard in which that is done.
_STEPS = {1: "its name or description", 2: "its places", 3: "its channels", 4: "its customers", 5: "what it says", 6: "when it goes"}
NOBODY = "ServicePro"
# What a provider says of a message it took, as its badge says it; what is not here changes nothing for whoever reads it.
_REPORTED = {
    "delivered": "delivered",
    "read": "read",
    "open": "opened",
    "click": "opened",
    "bounce": "bounced",
    "dropped": "bounced",
    "failed": "not delivered",
    "undelivered": "not delivered",
    "canceled": "not delivered",
}
BADGES = {
    "pending": "waiting",
    "sent": "sent",
    "failed": "failed",
    "skipped": "left out",
    "held": "held",
    "in_doubt": "being checked",
}
_GOOD = {"delivered": "It was delivered.", "opened": "It was delivered and opened."}
_LATE = {
    "bounced": "The mail server of this address sent it back.",
    "not delivered": "The provider took it, and then could not deliver it.",
}


# What says something else of an email or a WhatsApp message than of a text.
_REASONS = {
    ("email", "provider_rejected"): "the email provider refused this address",
    ("email", "opted_out_provider"): "unsubscribed, bounced or complained at the email provider",
    ("whatsapp", "provider_rejected"): "WhatsApp refused this number",
    ("whatsapp", "opted_out_provider"): "blocked this business on WhatsApp",
}


def reason_in_words(channel: str, reason: str) -> str:
    """Return why a message of a channel has the outcome it has, as a short phrase."""
    return _REASONS.get((channel, reason)) or reason_label(reason)


def action_in_words(action: str, details: Mapping[str, Any]) -> str:
    """Say what was done to a campaign, e.g. “paused it”; `details` add how many people it was about."""
    if action == "messaging_edited":
        return f"changed {_STEPS.get(details.get('step', 0), 'it')}"
    said, people = _DONE.get(action, action.removeprefix("campaign_").replace("_", " ")), details.get("people")
    return f"{said} ({people:,} {'person' if people == 1 else 'people'})" if isinstance(people, int) else said


def report_in_words(status: str | None) -> str:
    """Return a badge for what the provider reported since it took a message; empty where it said nothing of use."""
    return _REPORTED.get(status or "", "")


def report_sentence(status: str | None) -> str:
    """Return what a provider reported as a sentence; empty where it said nothing of use."""
    report = report_in_words(status)
    return _GOOD.get(report) or late_sentence(report)


def late_sentence(report: str) -> str:
    """Return what a late report means, empty for a good one."""
    return _LATE.get(report, "")
