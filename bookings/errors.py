"""What can stand between somebody and an appointment; in every case nothing was booked, changed or taken."""

from servicepro.lib.errors import Conflict, InvalidInput, NotFound, Unauthenticated


class BadCart(InvalidInput):
    """What was chosen cannot be booked together, or not at this place."""

    code = "BOOKING_BAD_CART"


class BadContact(InvalidInput):
    """How to reach the customer is missing or cannot be read; `fields` has a sentence for each that is wrong."""

    code = "BOOKING_BAD_CONTACT"


class ClosedThen(InvalidInput):
    """The place takes no appointment at this time."""

    code = "BOOKING_CLOSED_THEN"


class SlotTaken(Conflict):
    """Somebody else has the time."""

    code = "BOOKING_SLOT_TAKEN"


class ServiceWithdrawn(Conflict):
    """A service that was chosen is no longer offered at this place."""

    code = "BOOKING_SERVICE_WITHDRAWN"


class PriceChanged(Conflict):
    """It costs something else than what the customer was shown."""

    code = "BOOKING_PRICE_CHANGED"


class BookingDiffers(Conflict):
    """This request was answered with another booking already."""

    code = "BOOKING_DIFFERS"


class TooManyUpcoming(Conflict):
    """The person has as many appointments to come as somebody can book."""

    code = "BOOKING_TOO_MANY_UPCOMING"


class NotChangeable(Conflict):
    """The appointment is not where this can be done with it."""

    code = "BOOKING_NOT_CHANGEABLE"


class ChangedMeanwhile(NotChangeable):
    """Somebody else changed the appointment since the page was opened."""

    code = "BOOKING_CHANGED_MEANWHILE"


class PointsNeedSignIn(Unauthenticated):
    """Points are spent by who proved to own them."""

    code = "BOOKING_POINTS_NEED_SIGN_IN"


class OfferNeedsSignIn(Unauthenticated):
    """A welcome offer is used by whom it was promised to."""

    code = "BOOKING_OFFER_NEEDS_SIGN_IN"


class UnknownBooking(NotFound):
    """There is no such appointment here."""

    code = "UNKNOWN_BOOKING"


class UnknownPlace(NotFound):
    """There is no such place here, or it takes no bookings."""

    code = "UNKNOWN_PLACE"


class LinkExpired(NotFound):
    """The link to an appointment was signed by us, but its time is over."""

    code = "BOOKING_LINK_EXPIRED"
    status = 410
