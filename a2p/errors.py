"""What can stand between a business and its registration."""

from servicepro.lib.errors import Conflict, InvalidInput, NotFound, Unavailable


class UnknownRegistration(NotFound):
    """There is no such registration in this business."""

    code = "UNKNOWN_REGISTRATION"


class BadRegistration(InvalidInput):
    """What was given cannot be used; `fields` in the details say where."""

    code = "BAD_REGISTRATION"


class NotNow(Conflict):
    """The registration's status does not allow it, or somebody else is at it."""

    code = "A2P_NOT_NOW"


class NeedsConfirmation(Conflict):
    """It costs a fee, which the owner has to agree to first."""

    code = "A2P_NEEDS_CONFIRMATION"


class TwilioError(Unavailable):
    """Twilio refused or could not be reached; it is recorded, and the sentence is ours."""

    code = "A2P_TWILIO_ERROR"
    status = 502
