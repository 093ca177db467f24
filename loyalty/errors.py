"""What can stand between somebody and points."""

from servicepro.lib.errors import Conflict, Forbidden, InvalidInput


class RedemptionBlocked(InvalidInput):
    """The points cannot be used this way; `reason_code` says which rule, the message what to do. Nothing was booked or taken."""

    code = "LOYALTY_REDEMPTION_BLOCKED"

    def __init__(self, reason_code: str, message: str) -> None:
        super().__init__(message, reasonCode=reason_code)
        self.reason_code = reason_code


class PointsReturned(Conflict):
    """The points were used for this once and have gone back since."""

    code = "LOYALTY_POINTS_RETURNED"


class BadAdjustment(InvalidInput):
    """Points cannot be given or taken this way; nothing was changed."""

    code = "LOYALTY_BAD_ADJUSTMENT"


class AdjustmentRefused(Forbidden):
    """This person may not give or take these points; nothing was changed."""

    code = "LOYALTY_ADJUSTMENT_REFUSED"


class AdjustmentDiffers(Conflict):
    """This key was used for another adjustment already."""

    code = "LOYALTY_ADJUSTMENT_DIFFERS"


class BadGuardrails(InvalidInput):
    """The settings cannot be kept as given; `fields` has a sentence for each that is wrong."""

    code = "LOYALTY_BAD_GUARDRAILS"
