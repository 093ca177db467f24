"""What can stand between somebody and points or a welcome offer."""

from typing import Literal

from servicepro.lib.errors import Conflict, Forbidden, InvalidInput, NotFound

ReasonCode = Literal[
    "INVALID_AMOUNT", "CONTACT_CHANGED", "INSUFFICIENT_POINTS", "MIN_TOTAL_NOT_MET", "NO_CORE_SERVICE", "ADD_ON_ONLY", "EXCEEDS_TOTAL"
]
OfferReason = Literal[
    "OFFER_INACTIVE",
    "OFFER_NOT_CLAIMED",
    "OFFER_EXPIRED",
    "OFFER_USED",
    "OFFER_MINIMUM_NOT_MET",
    "OFFER_NOTHING_TO_PAY",
    "OFFER_WITH_POINTS",
]


class RedemptionBlocked(InvalidInput):
    """The points cannot be used this way; nothing was booked or taken.

    `reason_code` says which rule, the message what it asks for, and `suggestion` the cheapest ways to make it work, where known.
    """

    code = "LOYALTY_REDEMPTION_BLOCKED"

    def __init__(self, reason_code: str, message: str, suggestion: str = "") -> None:
        super().__init__(message, reasonCode=reason_code)
        self.reason_code, self.suggestion = reason_code, suggestion


class PointsReturned(Conflict):
    """The points were used for this once and have gone back since."""

    code = "LOYALTY_POINTS_RETURNED"


class BadAdjustment(InvalidInput):
    """Points cannot be given or taken this way; nothing was changed."""

    code = "LOYALTY_BAD_ADJUSTMENT"


class AdjustmentRefused(Forbidden):
    """This person may not give or take these points; nothing was changed."""

    code = "LOYALTY_ADJUSTMENT_REFUSED"


class BeyondDailyLimit(AdjustmentRefused):
    """It is more than this person may give or take in a day; a second person may approve it."""

    code = "LOYALTY_ADJUSTMENT_BEYOND_LIMIT"


class UnknownAdjustment(NotFound):
    """There is no such adjustment to decide on."""

    code = "LOYALTY_UNKNOWN_ADJUSTMENT"


class AdjustmentDecided(Conflict):
    """It was decided on already, or waited too long; nothing was changed."""

    code = "LOYALTY_ADJUSTMENT_DECIDED"


class AdjustmentDiffers(Conflict):
    """This key was used for another adjustment already."""

    code = "LOYALTY_ADJUSTMENT_DIFFERS"


class BadGuardrails(InvalidInput):
    """The settings cannot be kept as given; `fields` has a sentence for each that is wrong."""

    code = "LOYALTY_BAD_GUARDRAILS"


class BadOffer(InvalidInput):
    """The welcome offer cannot be kept as given; `fields` has a sentence for each that is wrong."""

    code = "LOYALTY_BAD_OFFER"


class UnknownOffer(NotFound):
    """There is no such welcome offer here."""

    code = "LOYALTY_UNKNOWN_OFFER"


class OfferRefused(InvalidInput):
    """The welcome offer cannot be promised, claimed or used this way; nothing was taken. `reason_code` says which rule."""

    code = "LOYALTY_OFFER_REFUSED"

    def __init__(self, reason_code: str, message: str) -> None:
        super().__init__(message, reasonCode=reason_code)
        self.reason_code = reason_code


class OfferReturned(Conflict):
    """The welcome offer was used for this once and has been given back since."""

    code = "LOYALTY_OFFER_RETURNED"
