"""The fourth step of a messaging campaign: who is written to, ticked by filters or one by one, or a segment.

Each press saves what was ticked on the page before; what is shown, the filter and its page, travels along as a query of its own.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers

from campaigns.choosing import count_selected, list_customers, selection_of, tags_of_customers
from campaigns.errors import BadCampaignInput
from campaigns.forms_messaging import FilterForm
from campaigns.messaging_rows import segments_of
from campaigns.models import Campaign, Segment
from campaigns.services import messaging_drafts as drafts
from campaigns.services.segments import delete_segment, rename_segment, save_segment
from campaigns.types import EVERYBODY, CustomerFilter, CustomerPage, ListedCustomer, Selection
from campaigns.views.wizard import go_on, leads_away, of_draft, step_link, wizard_page
from customers.services import record_access
from servicepro.lib.clock import day_in_words
from servicepro.lib.errors import ServiceProError
from tenants.selectors import current_tenant, signed_in_user

ROWS = 50
ID_DIGITS_MAX = 18
UNREADABLE = "Mend the filter first: what it means cannot be read."
# What a press on a button does to those who match the filter; "nobody" lets go of everybody, whatever the filter.
BULK: dict[str, tuple[Callable[[CustomerFilter], CustomerFilter], bool]] = {
    "all": (lambda matching: matching, True),
    "email": (lambda matching: replace(matching, has_email=True), True),
    "phone": (lambda matching: replace(matching, has_phone=True), True),
    "none": (lambda matching: matching, False),
    "nobody": (lambda _matching: EVERYBODY, False),
}
BOUNDS = (
    ("last_from", "date"),
    ("last_before", "date"),
    ("bookings_min", "number"),
    ("bookings_max", "number"),
    ("spent_min", "number"),
    ("spent_max", "number"),
)
NARROWS = (*(name for name, _kind in BOUNDS), "tags")


@of_draft
def customers(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """Show who may be chosen and who is; on the press of a button save what was ticked, and do what the button says."""
    if not Selection.from_json(campaign.audience).place_ids:
        messages.error(request, f"{drafts.NO_PLACE} Their customers are listed here then.")
        return redirect(step_link(campaign, drafts.PLACES))
    if request.method == "POST":
        return _receive(request, campaign)
    return _page(request, campaign, request.GET)


def _receive(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    then, shown = request.POST.get("then", "tick" if request.htmx else "save"), _shown(request)  # type: ignore[attr-defined]
    try:
        if then in SEGMENT_ACTIONS:
            SEGMENT_ACTIONS[then](request, campaign, shown)
        else:
            _save_ticks(request, campaign, then, shown)
    except BadCampaignInput as error:
        if request.htmx:  # type: ignore[attr-defined]
            return HttpResponse(error.message, status=error.status, content_type="text/plain; charset=utf-8")
        return _page(request, campaign, shown, problems=error.details.get("fields") or {"": error.message})
    except ServiceProError as error:
        messages.error(request, error.message)
        return redirect(step_link(campaign, drafts.CUSTOMERS))
    if then in ("save", "next") or leads_away(request):
        if then == "next" and not count_selected(campaign):
            return _page(request, campaign, shown, problems={"customers": drafts.NOBODY})
        return go_on(request, campaign, drafts.CUSTOMERS)
    if then.startswith("page-"):
        shown["page"] = then.removeprefix("page-")
    if request.htmx:  # type: ignore[attr-defined]
        return _count(request, campaign, shown) if then == "tick" else _part(request, campaign, shown)
    return redirect(_address(campaign, shown))


def _save_ticks(request: HttpRequest, campaign: Campaign, then: str, shown: QueryDict) -> None:
    """Keep the ticks of the page, then those of a button for everybody who matches, on all pages."""
    ticked, before = _ids(request, "pick"), _ids(request, "was")
    form = FilterForm(shown)
    if then in BULK and then != "nobody" and not form.is_valid():
        raise BadCampaignInput(UNREADABLE, fields={"filters": UNREADABLE})
    if campaign.segment_id or (then not in BULK and ticked == before):
        return

    def change(selection: Selection) -> Selection:
        selection = selection.mark_people(ticked - before, is_added=True).mark_people(before - ticked, is_added=False)
        if then not in BULK:
            return selection
        meant, is_added = BULK[then]
        return selection.mark(meant(form.filter), is_added=is_added)

    drafts.change_selection(campaign, actor=signed_in_user(request), change=change)


def _keep_segment(request: HttpRequest, campaign: Campaign, shown: QueryDict) -> None:
    """Keep the filter that is shown under a name, for campaigns to come."""
    form, place_ids = FilterForm(shown), Selection.from_json(campaign.audience).place_ids
    if not form.is_valid():
        raise BadCampaignInput(UNREADABLE, fields={"filters": UNREADABLE})
    name = request.POST.get("segment_name", "")
    try:
        segment = save_segment(actor=signed_in_user(request), name=name, place_ids=place_ids, matching=form.filter)
    except BadCampaignInput as error:
        fields = {"segment_name" if field == "name" else "filters": sentence for field, sentence in error.details["fields"].items()}
        raise BadCampaignInput(error.message, fields=fields) from error
    messages.success(request, f"The segment “{segment.name}” is saved. Choose it below to write to whoever is in it by then.")


def _rename_segment(request: HttpRequest, campaign: Campaign, shown: QueryDict) -> None:
    try:
        rename_segment(_named_segment(request), actor=signed_in_user(request), name=request.POST.get("new_name", ""))
    except BadCampaignInput as error:
        raise BadCampaignInput(error.message, fields={"new_name": error.message}) from error
    messages.success(request, "The segment has its new name.")


def _delete_segment(request: HttpRequest, campaign: Campaign, shown: QueryDict) -> None:
    segment = _named_segment(request)
    delete_segment(segment, actor=signed_in_user(request))
    messages.success(request, f"The segment “{segment.name}” is deleted. Nobody in it was.")


def _named_segment(request: HttpRequest) -> Segment:
    number = request.POST.get("segment", "")
    segment = next((each for each in segments_of(signed_in_user(request)) if str(each.pk) == number), None)
    if segment is None:
        raise BadCampaignInput("Choose a segment.", fields={"segment": "Choose a segment."})
    return segment


def _choose_segment(request: HttpRequest, campaign: Campaign, shown: QueryDict) -> None:
    """Write to a segment instead of the ticked people."""
    drafts.save_segment_choice(campaign, actor=signed_in_user(request), segment_id=_named_segment(request).pk)
    shown.clear()


def _leave_segment(request: HttpRequest, campaign: Campaign, shown: QueryDict) -> None:
    """Choose by hand, beginning with the people of the segment."""
    drafts.save_segment_choice(campaign, actor=signed_in_user(request), segment_id=None)
    shown["only"] = "on"


SEGMENT_ACTIONS = {
    "keep-segment": _keep_segment,
    "rename-segment": _rename_segment,
    "delete-segment": _delete_segment,
    "segment": _choose_segment,
    "by-hand": _leave_segment,
}


def _page(request: HttpRequest, campaign: Campaign, shown: QueryDict, *, problems: dict[str, str] | None = None) -> HttpResponse:
    if request.htmx and not request.htmx.history_restore_request and not problems:  # type: ignore[attr-defined]
        return _part(request, campaign, shown)
    context = _grid(request, campaign, shown)
    found = {"filters": UNREADABLE} if context["form"].errors else {}
    place_ids = Selection.from_json(campaign.audience).place_ids
    context |= {
        "all_tags": list(dict.fromkeys([*tags_of_customers(place_ids), *context["chosen_tags"]])),
        "segments": segments_of(signed_in_user(request)),
        "bounds": [(context["form"][name], kind) for name, kind in BOUNDS],
        "is_narrowed": any(shown.getlist(name) not in ([], [""]) for name in NARROWS),
        "chosen_segment": request.POST.get("segment", ""),
        "segment_name": request.POST.get("segment_name", ""),
    }
    response = wizard_page(request, campaign, drafts.CUSTOMERS, problems=(problems or {}) | found, **context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _part(request: HttpRequest, campaign: Campaign, shown: QueryDict) -> HttpResponse:
    """Show the list alone."""
    response = render(request, "campaigns/_wizard_list.html", _grid(request, campaign, shown) | {"campaign": campaign, "is_part": True})
    response["HX-Replace-Url"] = _address(campaign, shown)
    patch_vary_headers(response, ["HX-Request"])
    patch_cache_control(response, no_store=True)
    return response


def _count(request: HttpRequest, campaign: Campaign, shown: QueryDict) -> HttpResponse:
    """Show the numbers alone after a tick, so that nothing moves under the finger; and what was ticked is what is ticked now."""
    form, ticked = FilterForm(shown), _ids(request, "pick")
    changed = [(number, number in ticked) for number in sorted(ticked ^ _ids(request, "was"))]
    found = list_customers(selection_of(campaign), form.filter, limit=1)
    context = {"found": found, "is_filtered": form.filter != EVERYBODY, "changed": changed}
    return render(request, "campaigns/_wizard_count.html", context)


def _grid(request: HttpRequest, campaign: Campaign, shown: QueryDict) -> dict[str, Any]:
    form, selection = FilterForm(shown), selection_of(campaign)
    matching, is_only = (form.filter, form.is_only_selected) if campaign.segment is None else (EVERYBODY, True)
    found = list_customers(selection, matching, page=_page_number(shown), limit=ROWS, is_selected_only=is_only)
    record_access(actor=signed_in_user(request), action="view", how_many=len(found.customers), subject=f"campaign:{campaign.pk}")
    return {
        "form": form,
        "shown": shown.urlencode(),
        "chosen_tags": shown.getlist("tags"),
        "found": found,
        "rows": _rows(found),
        "is_filtered": matching != EVERYBODY and campaign.segment is None,
        "is_only": is_only,
        "currency": current_tenant().currency,
        "address": step_link(campaign, drafts.CUSTOMERS),
    }


def _rows(found: CustomerPage) -> list[tuple[ListedCustomer, str]]:
    """Return the customers, each with the day of the last booking in words."""
    zone = ZoneInfo(current_tenant().time_zone)
    today = timezone.now().astimezone(zone).date()
    return [
        (person, day_in_words(person.last_booking_at.astimezone(zone).date(), today=today) if person.last_booking_at else "")
        for person in found.customers
    ]


def _shown(request: HttpRequest) -> QueryDict:
    """Return the filter and the page the buttons were pressed on."""
    return QueryDict(request.POST.get("shown", ""), mutable=True)


def _address(campaign: Campaign, shown: QueryDict) -> str:
    """Return the address at which the list is shown so; what is empty is left out of it."""
    kept = [(name, value) for name, values in shown.lists() for value in values if value and (name, value) != ("page", "1")]
    return step_link(campaign, drafts.CUSTOMERS) + (f"?{urlencode(kept)}" if kept else "")


def _page_number(shown: QueryDict) -> int:
    number = shown.get("page", "1")
    return int(number) if _is_id(number) else 1


def _ids(request: HttpRequest, name: str) -> set[int]:
    return {int(number) for number in request.POST.getlist(name)[:ROWS] if _is_id(number)}


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= ID_DIGITS_MAX
