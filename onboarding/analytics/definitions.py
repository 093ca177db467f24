"""What every figure means, in the words that stand beside it and go with the workbook."""

from dataclasses import dataclass

from onboarding.analytics.report import Analytics
from servicepro.lib.money import format_minor

STEP_DEFINITIONS = {
    "Imported": "People whom a list brought in the chosen days. Records found to be one person count once.",
    "Invited": "Of them, people to whose phone at least one invitation was sent.",
    "Delivered": "Of those, people whose phone got one: the carrier or WhatsApp said so.",
    "Registered": "Of those, people who proved their phone and registered.",
    "First booking": "Of those, people with an appointment that was not cancelled.",
}
OTHERWISE = "People who came to this step without every step before it, such as somebody who registered without an invitation."
OF_BEFORE = "How many of the people of the step before came to this one."
OF_IMPORTED = "How many of all imported people came to this step."
CAMPAIGN_DEFINITIONS = (
    ("People", "Everybody on the campaign's list, also who was skipped."),
    ("Sent", "Messages that Twilio took."),
    ("Delivered", "Of them, messages that reached the phone: the carrier or WhatsApp said so."),
    ("Delivery rate", "Delivered messages as a share of those sent."),
    ("Read", "Messages that were opened. Only WhatsApp tells."),
    ("Failed", "Messages that could not be sent, or were sent and did not arrive."),
    ("Skipped", "People who were not written to: they opted out, did not agree, or have no usable number."),
    ("Registered", "People who registered after they were sent the message. Somebody invited by two campaigns counts in both."),
    ("Conversion rate", "People who registered, as a share of the people who were sent a message."),
    ("Booked", "People who made an appointment after they were sent the message, not counting cancelled ones."),
    ("Offers used", "How often people with a message used this campaign's offer and did not give it back by cancelling."),
    ("Discount given", "What those offers took off bills."),
)
SERIES = (
    ("imported", "Imported"),
    ("invited", "Invited"),
    ("registered", "Registered"),
    ("booked", "First booking"),
)


COUNT, PERCENT, MONEY, DAYS = "count", "percent", "money", "days"
_METRICS = (
    ("total_imported", "Imported", COUNT, "People whom a list brought in the chosen days. Records found to be one person count once."),
    ("imported_this_week", "Imported this week", COUNT, "People whom a list brought since this week began, whatever days are chosen."),
    ("imported_this_month", "Imported this month", COUNT, "People whom a list brought since this month began, whatever days are chosen."),
    ("total_invites_sent", "Invitations sent", COUNT, "Invitations to these people that Twilio took; two to one person are two."),
    ("invites_delivered", "Invitations delivered", COUNT, "Of them, messages that reached the phone: the carrier or WhatsApp said so."),
    ("delivery_rate", "Delivery rate", PERCENT, "Invitations delivered as a share of invitations sent."),
    ("registered_from_import", "Registered", COUNT, "Imported people who proved their phone and registered, invited or not."),
    ("conversion_rate", "Conversion rate", PERCENT, "Registered people as a share of imported people."),
    ("offers_redeemed", "Offers used", COUNT, "How often these people used a welcome offer; what a cancellation gave back is left out."),
    ("redemption_rate", "Redemption rate", PERCENT, "Registered people who used a welcome offer, as a share of all registered people."),
    ("total_discount_given", "Discount given", MONEY, "What welcome offers took off these people's bills, without what was given back."),
    ("avg_days_to_register", "Days to register", DAYS, "From the list to the registration, on average over those who registered."),
    (
        "avg_days_to_first_booking", "Days to first booking", DAYS,
        "From the list until the first appointment was made, on average over those who made one. Cancelled ones do not count.",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure of the page: what it is called, what it means, how it reads, and the plain value for a workbook."""

    key: str
    label: str
    meaning: str
    said: str
    value: int | float | None
    aside: str = ""


def metrics(found: Analytics) -> tuple[Metric, ...]:
    """Return every figure of the page, in its order."""
    asides = _asides(found)
    return tuple(
        Metric(key, label, meaning, say(getattr(found, key), kind, found.currency), getattr(found, key), asides.get(key, ""))
        for key, label, kind, meaning in _METRICS
    )


def say(value: int | float | None, kind: str, currency: str = "") -> str:
    """Say a figure as people read it; a dash where there is nothing to have a share or an average of."""
    if value is None:
        return "–"
    if kind == MONEY:
        return format_minor(int(value), currency)
    if kind == COUNT:
        return f"{value:,}"
    return f"{value:,.1f}".removesuffix(".0") + ("%" if kind == PERCENT else "")


def _asides(found: Analytics) -> dict[str, str]:
    """Return what stands in small letters beside a figure."""
    given = format_minor(found.every_discount_given, found.currency)
    return {
        "total_invites_sent": f"to {_counted(found.invited_people, 'person', 'people')}",
        "registered_from_import": f"of {_counted(found.total_imported, 'imported person', 'imported people')}",
        "offers_redeemed": f"by {_counted(found.offer_users, 'person', 'people')}; "
        f"{_counted(found.every_offer_redeemed, 'use', 'uses')} by everybody at any time",
        "total_discount_given": f"{given} to everybody at any time",
        "avg_days_to_first_booking": f"{_counted(found.booked_people, 'person', 'people')} made one",
    }


def _counted(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"
