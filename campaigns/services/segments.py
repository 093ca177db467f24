"""Segments: customers an owner describes once, saved under a name and written to again."""

from collections.abc import Collection

from django.db import IntegrityError, transaction

from bookings.selectors import places_of
from campaigns.choosing import count_selected
from campaigns.errors import BadCampaignInput, WrongStatus
from campaigns.models import Campaign, Segment
from campaigns.types import CustomerFilter, Selection, SelectionStep
from tenants.selectors import User
from tenants.services import record_action

NAME_CHARACTERS_MAX, SEARCH_CHARACTERS_MAX, TAGS_MAX = 80, 100, 50
_FINISHED = (Campaign.Status.COMPLETED, Campaign.Status.CANCELLED)
_NOT_YOURS = "One of these places is not among yours. Choose only places you look after."


def segments() -> list[Segment]:
    """Return all segments, by name."""
    return list(Segment.objects.all())


def segment_count(segment: Segment) -> int:
    """Return how many people a segment describes now."""
    matching = CustomerFilter.from_json(segment.filters)
    return count_selected(Selection(tuple(segment.filters.get("place_ids", ())), (SelectionStep(True, matching),)))


def save_segment(*, actor: User | None, name: str, place_ids: Collection[int], matching: CustomerFilter) -> Segment:
    """Keep a description of customers under a name. Raises BadCampaignInput; its details name each field and what is wrong there."""
    problems = _name_problem(name) | _place_problem(place_ids, actor) | _filter_problems(matching)
    if problems:
        raise BadCampaignInput(next(iter(problems.values())), fields=problems)
    filters = {"place_ids": sorted(set(place_ids)), **matching.as_json()}
    try:
        with transaction.atomic():
            segment = Segment.objects.create(name=name.strip(), filters=filters, created_by=actor)
            record_action(actor, "segment_saved", f"segment:{segment.pk}")
    except IntegrityError:
        raise _taken(name) from None
    return segment


def rename_segment(segment: Segment, *, actor: User | None, name: str) -> None:
    """Call a segment something else. Raises BadCampaignInput."""
    if problems := _name_problem(name) | _place_problem(segment.filters.get("place_ids", ()), actor):
        raise BadCampaignInput(next(iter(problems.values())), fields=problems)
    segment.name = name.strip()
    try:
        with transaction.atomic():
            segment.save(update_fields=["name", "updated_at"])
            record_action(actor, "segment_renamed", f"segment:{segment.pk}")
    except IntegrityError:
        raise _taken(name) from None


def delete_segment(segment: Segment, *, actor: User | None) -> None:
    """Forget a segment; campaigns that were finished keep their lists of people.

    Raises WrongStatus where a campaign that is not finished goes to it, and BadCampaignInput where its places are not the actor's.
    """
    if problems := _place_problem(segment.filters.get("place_ids", ()), actor):
        raise BadCampaignInput(next(iter(problems.values())), fields=problems)
    with transaction.atomic():
        list(Segment.objects.select_for_update().filter(pk=segment.pk))  # nobody chooses it meanwhile: their key waits for this lock
        campaigns = Campaign.objects.filter(segment_id=segment.pk)
        if using := campaigns.exclude(status__in=_FINISHED).order_by("pk").values_list("name", flat=True).first():
            raise WrongStatus(f"The campaign “{using}” goes to this segment. Choose other customers there, or wait until it is finished.")
        campaigns.update(segment=None)
        record_action(actor, "segment_deleted", f"segment:{segment.pk}")
        segment.delete()


def _name_problem(name: str) -> dict[str, str]:
    if not name.strip():
        return {"name": "Give it a name, for example “Regulars”."}
    if len(name.strip()) > NAME_CHARACTERS_MAX:
        return {"name": f"The name is too long: use at most {NAME_CHARACTERS_MAX} characters."}
    return {"name": "There is a character in it that cannot be kept. Type it anew."} if "\0" in name else {}


def _taken(name: str) -> BadCampaignInput:
    sentence = f"There is a segment “{name.strip()}” already. Choose another name."
    return BadCampaignInput(sentence, fields={"name": sentence})


def _place_problem(place_ids: Collection[int], actor: User | None) -> dict[str, str]:
    if not place_ids:
        return {"places": "Choose at least one place."}
    return {"places": _NOT_YOURS} if set(place_ids) - {place.pk for place in places_of(actor)} else {}


def _filter_problems(matching: CustomerFilter) -> dict[str, str]:
    """Return what nobody can match, or what is too long to keep."""
    problems: dict[str, str] = {}
    ranges = (
        ("last_booking", matching.last_booking_from, matching.last_booking_before, "The first day is not before the last one."),
        ("bookings", matching.bookings_min, matching.bookings_max, "The lowest number of bookings is above the highest one."),
        ("spent", matching.spent_min_minor, matching.spent_max_minor, "The lowest amount is above the highest one."),
    )
    for field, low, high, sentence in ranges:
        if low is not None and high is not None and (low > high or (field == "last_booking" and low == high)):  # type: ignore[operator]
            problems[field] = sentence
    if len(matching.search) > SEARCH_CHARACTERS_MAX or "\0" in matching.search:
        problems["search"] = f"Search for at most {SEARCH_CHARACTERS_MAX} characters of a name or an email address."
    if len(matching.tags) > TAGS_MAX or "\0" in "".join(matching.tags):
        problems["tags"] = f"Choose at most {TAGS_MAX} tags."
    return problems
