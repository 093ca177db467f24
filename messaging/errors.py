"""What can go wrong in the delivery engine beyond one recipient."""

from servicepro.lib.errors import Conflict, InvalidInput, NotFound, Unavailable


class PaceUnavailable(Unavailable):
    """The shared pace cannot be asked (Valkey is away): nothing was claimed and nothing was sent."""

    code = "PACE_UNAVAILABLE"


class ProviderAway(Unavailable):
    """The provider could not be asked, or did not answer the question; its sentence is for people."""

    code = "PROVIDER_AWAY"


class UnknownTemplate(NotFound):
    """The provider's account has no such message template."""

    code = "UNKNOWN_TEMPLATE"


class UnknownNumber(NotFound):
    """This business has no such number, or the provider's account has not."""

    code = "UNKNOWN_NUMBER"


class NumberTaken(Conflict):
    """Another business has this number."""

    code = "NUMBER_TAKEN"


class NotConfirmed(InvalidInput):
    """What would be changed is in use, and nobody said that they mean it."""

    code = "NOT_CONFIRMED"


class BadRouting(InvalidInput):
    """Calls cannot be answered like this; `fields` tell where."""

    code = "BAD_ROUTING"


class RequestOpen(Conflict):
    """A number was asked for already."""

    code = "NUMBER_REQUEST_OPEN"
