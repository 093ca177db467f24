"""What can go wrong on the customer's pages, in words for customers."""

from servicepro.lib.errors import Forbidden, InvalidInput, TooMany, Unavailable


class BadAddress(InvalidInput):
    """Neither a phone that gets texts nor an email address."""

    code = "BAD_ADDRESS"


class WrongCode(InvalidInput):
    """The code is not right, or no longer."""

    code = "WRONG_CODE"


class TooManyCodes(TooMany):
    """More codes were asked for than anybody needs."""

    code = "TOO_MANY_CODES"


class CodesUnavailable(Unavailable):
    """Nothing can be counted for the moment, so no code leaves."""

    code = "CODES_UNAVAILABLE"


class TooManyBookings(TooMany):
    """More appointments were booked or changed than anybody needs."""

    code = "TOO_MANY_BOOKINGS"


class TooManyLooks(TooMany):
    """Free times were asked for more often than anybody needs."""

    code = "TOO_MANY_LOOKS"


class CodeNeeded(Forbidden):
    """Whoever is signed in entered their code too long ago for this."""

    code = "CODE_NEEDED"
