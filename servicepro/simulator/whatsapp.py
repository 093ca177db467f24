"""WhatsApp through Twilio: what is refused at once, what fails later, and the 24 hours in which free words may go.

A number whose last five digits are 63003, 63024 (not on WhatsApp), 63014 (blocked the business), 63018 (too fast), 63032 or 63049
(limited by Meta) is accepted and then undelivered with that error. Free words outside the 24 hours after the person wrote fail with
63016, and so does a template that WhatsApp has not approved; a rejected, paused or disabled one fails with 63040, 63041, 63042, a
missing variable with 63028. Whoever is reached reads the message, unless the `reads` fault is off. With `whatsappUs` at `blocked`
marketing templates fail with 63049 for +1, as they have done since April 2025.
"""

import json
import re
import time

from servicepro.simulator.faults import Faults
from servicepro.simulator.store import Store, Template, Text

PREFIX = "whatsapp:"
WINDOW_SECONDS = 24 * 3600
NO_PHONE, NO_SENDER = PREFIX + "+15005550001", PREFIX + "+15005550007"  # Twilio's test numbers: invalid, and not the account's
BODY_CHARACTERS_MAX = 1_600
FAILED = {63016, 63028, 63040, 63041, 63042}  # never left Twilio; all others did and were not delivered
_KNOWN = {"To", "From", "MessagingServiceSid", "Body", "StatusCallback", "ContentSid", "ContentVariables"}
_ADDRESS = re.compile(r"whatsapp:\+[1-9][0-9]{6,14}")
_PLACEHOLDER = re.compile(r"{{\s*(\w+)\s*}}")
_LATER = {str(code): code for code in (63003, 63014, 63018, 63024, 63032, 63049)}
_TEMPLATE_ERRORS = {"rejected": 63040, "paused": 63041, "disabled": 63042}


def is_whatsapp(form: dict[str, str]) -> bool:
    """Tell whether a message is for WhatsApp, or half of it is."""
    return form.get("To", "").startswith(PREFIX) or form.get("From", "").startswith(PREFIX)


class Whatsapp:
    """What Twilio and WhatsApp do with a message."""

    def __init__(self, store: Store, faults: Faults) -> None:
        self.store, self.faults = store, faults

    def refusal(self, form: dict[str, str]) -> tuple[int, str] | None:
        """Return the code and words of Twilio's refusal, or None."""
        to, sender, content = form.get("To", ""), form.get("From", ""), form.get("ContentSid", "")
        unknown = form.keys() - _KNOWN
        checks = (
            (unknown, 20001, f"The simulator does not know {', '.join(sorted(unknown))}"),
            (not (to.startswith(PREFIX) and sender.startswith(PREFIX)), 21910, "Invalid From and To pair: both need the same channel"),
            (not _ADDRESS.fullmatch(to) or to in (sender, NO_PHONE), 21211, f"The 'To' number {to} is not a valid phone number."),
            (sender == NO_SENDER or not _ADDRESS.fullmatch(sender), 63007, "Twilio could not find a Channel with the specified From"),
            (not form.get("Body") and not content, 21602, "Message body is required."),
            (form.get("Body") and content, 20001, "Body and ContentSid cannot go together"),
            (len(form.get("Body", "")) > BODY_CHARACTERS_MAX, 21617, "The concatenated message body exceeds the 1600 character limit"),
            (content and content not in self.store.templates, 21655, "The ContentSid is invalid"),
            (content and variables(form) is None, 21656, "The ContentVariables are invalid"),
        )
        return next(((code, message) for is_wrong, code, message in checks if is_wrong), None)

    def text(self, form: dict[str, str]) -> Text:
        """Return a message that was taken, with the words the person reads."""
        template = self.store.templates.get(form.get("ContentSid", ""))
        body = filled(template, variables(form) or {}) if template else form["Body"]
        return Text(
            to=form["To"], sender=form["From"], body=body, direction="outbound-api", status="queued",
            callback=form.get("StatusCallback", ""), service_sid=form.get("MessagingServiceSid", ""),
        )  # fmt: skip

    def failure(self, form: dict[str, str]) -> int | None:
        """Return the error a message will end with, None where it is delivered."""
        to, template = form["To"], self.store.templates.get(form.get("ContentSid", ""))
        is_open = self.is_window_open(to, form["From"])
        if template is None:
            return _LATER.get(to[-5:]) if is_open else 63016
        if template.status in _TEMPLATE_ERRORS:
            return _TEMPLATE_ERRORS[template.status]
        if template.status != "approved" and not is_open:
            return 63016
        if not set(_PLACEHOLDER.findall(template.body)) <= (variables(form) or {}).keys():
            return 63028
        is_american = to.startswith(f"{PREFIX}+1")
        if template.category == "MARKETING" and is_american and self.faults.settings.get("whatsappUs") == "blocked":
            return 63049
        return _LATER.get(to[-5:])

    def is_window_open(self, person: str, number: str) -> bool:
        """Tell whether a person wrote to a number within 24 hours."""
        texts = (self.store.texts[sid] for sid in reversed(self.store.texts_by_phone.get(person, ())))
        since = time.time() - WINDOW_SECONDS
        return any(text.direction == "inbound" and text.to == number and text.created > since for text in texts)


def variables(form: dict[str, str]) -> dict[str, str] | None:
    """Return the variables of a message, None where they are no JSON object of texts."""
    try:
        given = json.loads(form.get("ContentVariables") or "{}")
    except ValueError:
        return None
    is_fine = isinstance(given, dict) and all(isinstance(value, str) for value in given.values())
    return given if is_fine else None


def filled(template: Template, values: dict[str, str]) -> str:
    """Return a template's words with its variables in their places."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), template.body)
