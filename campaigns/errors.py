"""What can stand between an owner and a campaign."""

from servicepro.lib.errors import Conflict, InvalidInput, NotFound


class UnknownCampaign(NotFound):
    """There is no such campaign in this business."""

    code = "UNKNOWN_CAMPAIGN"


class WrongStatus(Conflict):
    """The campaign's status does not allow it."""

    code = "WRONG_STATUS"


class CountChanged(Conflict):
    """The typed number of people is not the present one."""

    code = "COUNT_CHANGED"


class BadCampaignInput(InvalidInput):
    """What was given cannot be used."""

    code = "BAD_CAMPAIGN_INPUT"


class EmptyAudience(BadCampaignInput):
    """Nobody is to be written to."""

    code = "EMPTY_AUDIENCE"


class UnknownRecipient(NotFound):
    """Nobody in the campaign has this phone."""

    code = "UNKNOWN_RECIPIENT"
