"""What can go wrong in the delivery engine beyond one recipient."""

from servicepro.lib.errors import Unavailable


class PaceUnavailable(Unavailable):
    """The shared pace cannot be asked (Valkey is away): nothing was claimed and nothing was sent."""

    code = "PACE_UNAVAILABLE"
