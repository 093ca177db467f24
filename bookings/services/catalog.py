"""Describe where a business is and what it offers, for whoever sets one up."""

from collections.abc import Sequence

from django.db import transaction

from bookings.models import OpeningHours, Place, Service
from bookings.types import NewPlace, NewService


def describe_catalog(places: Sequence[NewPlace], services: Sequence[NewService]) -> int:
    """Make the places and services that are missing, each service offered at every new place; return how many were made.

    What is there already, by name, stays as its owner has it.
    """
    with transaction.atomic():
        new_places = [place for place in (_missing_place(wanted) for wanted in places) if place]
        made = len(new_places)
        for wanted in services:
            service, is_new = Service.objects.get_or_create(
                name=wanted.name,
                defaults={
                    "description": wanted.description,
                    "category": wanted.category,
                    "is_add_on_only": wanted.is_add_on_only,
                    "price_minor": wanted.price_minor,
                    "duration_minutes": wanted.duration_minutes,
                },
            )
            service.places.add(*new_places)
            made += is_new
    return made


def _missing_place(wanted: NewPlace) -> Place | None:
    facts = {"address": wanted.address, "time_zone": wanted.time_zone, "capacity": wanted.capacity}
    place, is_new = Place.objects.get_or_create(name=wanted.name, defaults=facts)
    if not is_new:
        return None
    rows = (OpeningHours(place=place, weekday=row.weekday, opens_at=row.opens_at, closes_at=row.closes_at) for row in wanted.windows)
    OpeningHours.objects.bulk_create(rows)
    return place
