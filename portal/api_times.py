"""When something can be booked, for programs: the same free times as on the page."""

import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from bookings.errors import BadCart
from bookings.selectors import Place, active_places, place_by_id, refuse_day, slots_of_days, today_at
from bookings.services import quote
from bookings.types import Cart, Slot
from portal.services.access import customer_or_guest
from portal.services.limits import count_look
from servicepro.lib.api_schema import ApiSchema, documented
from servicepro.lib.client_ip import client_ip

router = Router(auth=customer_or_guest, by_alias=True, tags=["Booking"])
SERVICES_MAX, ID_MAX = 40, 2**31 - 1
FIRST_DAY, LAST_DAY = datetime.date(2000, 1, 1), datetime.date(2199, 12, 31)  # what every clock and every column can hold
DAYS, DAYS_MAX = 7, 31
EXAMPLE = {
    "place": 1,
    "timeZone": "America/Chicago",
    "durationMinutes": 135,
    "totalMinor": 19500,
    "currency": "USD",
    "days": [
        {
            "date": "2026-11-24",
            "times": [
                {"time": "10:00", "startsAt": "2026-11-24T16:00:00Z", "endsAt": "2026-11-24T18:15:00Z"},
                {"time": "10:30", "startsAt": "2026-11-24T16:30:00Z", "endsAt": "2026-11-24T18:45:00Z"},
            ],
        },
        {"date": "2026-11-25", "times": []},
    ],
}


class FreeTime(ApiSchema):
    """A time at which the appointment can begin."""

    time: str = Field(description="on the place's clock, as `time` of a booking")
    starts_at: datetime.datetime
    ends_at: datetime.datetime


class FreeDay(ApiSchema):
    """The free times of a day, none where nothing is free."""

    date: datetime.date = Field(description="on the place's calendar, as `date` of a booking")
    times: list[FreeTime]


class FreeTimes(ApiSchema):
    """When services can be had, how long they take and what they cost together; nothing is held."""

    place: int
    time_zone: str
    duration_minutes: int
    total_minor: int = Field(description="in the currency's smallest unit, before points; as `quotedTotalMinor` of a booking")
    currency: str
    days: list[FreeDay]


@router.get(
    "/times",
    response=FreeTimes,
    summary="Free times",
    operation_id="freeTimes",
    openapi_extra=documented(EXAMPLE, 404, 409, 503),
)
def free_times(
    request: HttpRequest,
    services: Annotated[
        list[Annotated[int, Field(ge=1, le=ID_MAX)]],
        Query(min_length=1, max_length=SERVICES_MAX, description="once for each: services=1&services=4", examples=[[1, 4]]),
    ],
    place: Annotated[int | None, Query(ge=1, le=ID_MAX, description="may be left out where there is one", examples=[1])] = None,
    date: Annotated[
        datetime.date | None,
        Query(ge=FIRST_DAY, le=LAST_DAY, description="the first day, on the place's calendar; today if left out", examples=["2026-11-24"]),
    ] = None,
    days: Annotated[int, Query(ge=1, le=DAYS_MAX, description="how many days", examples=[7])] = DAYS,
) -> dict[str, Any]:
    """Return when an appointment for these services can begin, day by day, as the page shows it; the duration is worked out here."""
    count_look(ip=client_ip(request))
    where = place_named(place)
    found = quote(Cart(where.pk, tuple(services)))
    first = date or today_at(where)
    refuse_day(where, first)
    return {
        "place": where.pk,
        "time_zone": where.time_zone,
        "duration_minutes": found.duration_minutes,
        "total_minor": found.total_minor,
        "currency": found.currency,
        "days": [
            {"date": day, "times": [_time(slot, ZoneInfo(where.time_zone)) for slot in slots]}
            for day, slots in slots_of_days(where, first, days, found.duration_minutes).items()
        ],
    }


def place_named(place_id: int | None) -> Place:
    """Return the place that is named, or the one there is where none is. Raises UnknownPlace and BadCart."""
    if place_id is not None:
        return place_by_id(place_id)
    places = active_places()
    if len(places) != 1:
        raise BadCart("Please say at which place.")
    return places[0]


def _time(slot: Slot, zone: ZoneInfo) -> dict[str, Any]:
    begins, ends = (instant.astimezone(datetime.UTC) for instant in (slot.starts_at, slot.ends_at))
    return {"time": f"{begins.astimezone(zone):%H:%M}", "starts_at": begins, "ends_at": ends}
