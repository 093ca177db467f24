"""Where the demo businesses are and what they offer."""

from datetime import time

from bookings.types import NewPlace, NewService, Window

CORE, ADD_ON = "core", "add_on"


def _open(days: range, opens: int, closes: int) -> tuple[Window, ...]:
    return tuple(Window(day, time(opens), time(closes)) for day in days)


def american_places() -> list[NewPlace]:
    """Return the shops of the auto detailer."""
    return [
        NewPlace("Downtown shop", "400 Congress Ave, Austin, TX 78701", "America/Chicago", 2, _open(range(6), 8, 18)),
        NewPlace(
            "El Paso shop",
            "1 Civic Center Plaza, El Paso, TX 79901",
            "America/Denver",
            1,
            (*_open(range(5), 9, 12), *_open(range(5), 13, 17)),
        ),
    ]


def american_services() -> list[NewService]:
    """Return what the auto detailer offers, in cents."""
    return [
        NewService("Full Interior Detail", "Seats, carpets, dashboard and glass, as on the first day.", CORE, 14_900, 150),
        NewService("Full Exterior Detail", "Hand wash, clay and wax.", CORE, 12_900, 120),
        NewService("Express Wash", "Washed and dried by hand.", CORE, 3_500, 30),
        NewService("Headlight Polish", "Clear again in half an hour; also on its own.", ADD_ON, 4_500, 30),
        NewService("Interior Protection", "Keeps spills from staining; together with another service.", ADD_ON, 4_000, 30, True),
        NewService("Odor Removal", "Together with another service.", ADD_ON, 2_500, 30, True),
    ]


def indian_places() -> list[NewPlace]:
    """Return the salon."""
    return [NewPlace("MG Road", "12 MG Road, Bengaluru 560001", "Asia/Kolkata", 3, _open(range(7), 10, 20))]


def indian_services() -> list[NewService]:
    """Return what the salon offers, in paise."""
    return [
        NewService("Haircut and Styling", "Wash, cut and blow-dry.", CORE, 120_000, 60),
        NewService("Hair Colour", "Ammonia-free, with a cut if you like.", CORE, 350_000, 120),
        NewService("Gold Facial", "An hour for yourself.", CORE, 180_000, 60),
        NewService("Head Massage", "Also on its own.", ADD_ON, 60_000, 30),
        NewService("Deep Conditioning", "Together with another service.", ADD_ON, 80_000, 30, True),
    ]
