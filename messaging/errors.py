"""What can go wrong in the delivery engine beyond one recipient."""

from servicepro.lib.errors import NotFound, Unavailable


class PaceUnavailable(Unavailable):
    """The shared pace cannot be asked (Valkey is away): nothing was claimed and nothing was sent."""

    code = "PACE_UNAVAILABLE"


class ProviderAway(Unavailable):
    """The provider could not be asked, or did not answer the question; its sentence is for people."""

    code = "PROVIDER_AWAY"


class UnknownTemplate(NotFound):
    """The provider's account has no such message template."""

    code = "UNKNOWN_TEMPLATE"
