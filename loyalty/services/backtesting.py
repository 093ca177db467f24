"""What other guardrails would have said to the bookings of the past, for the owner to see before they are kept."""

from collections.abc import Callable, Iterable

from loyalty.policy import back_test
from loyalty.selectors import guardrails
from loyalty.types import BackTest, Guardrails, PastCart

CartSource = Callable[[int], Iterable[PastCart]]
BACK_TEST_DAYS = 90

_sources: list[CartSource] = []


def register_cart_source(source: CartSource) -> None:
    """Let an app that knows what was booked answer for it from now on; a second registration of one source changes nothing.

    `source` is asked with a number of days and answers with what was booked in them, cancelled bookings left out. Imports point
    downward, so whoever knows bookings registers here when it is loaded.
    """
    if source not in _sources:
        _sources.append(source)


def back_test_guardrails(new: Guardrails, *, days: int = BACK_TEST_DAYS) -> BackTest:
    """Tell what the guardrails as they are and as they would be say to everything booked in the last `days` days."""
    return back_test(guardrails(), new, (cart for source in _sources for cart in source(days)))
