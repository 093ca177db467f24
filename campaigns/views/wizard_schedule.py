"""The sixth step of a messaging campaign: what will happen, and then now or at a time the owner chooses."""

import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone

from campaigns import services
from campaigns.choosing import count_reach
from campaigns.errors import BadCampaignInput, CountChanged, WrongStatus
from campaigns.forms import Day
from campaigns.links import campaign_link
from campaigns.models import Campaign
from campaigns.services import messaging_drafts as drafts
from campaigns.tasks import start_soon
from campaigns.types import MessagingReach
from campaigns.views.wizard import LABELS, go_on, leads_away, of_draft, step_link, wizard_page
from campaigns.wording import reason_label
from servicepro.lib.clock import clock_in_words, moment_in_words, spell_duration
from servicepro.lib.errors import ServiceProError
from tenants.selectors import current_tenant, signed_in_user

CHANNEL_LABELS = {"email": "by email", "whatsapp": "by WhatsApp"}
NO_COUNT = "Type the number of people to confirm, for example {count}."
COUNT_DIGITS_MAX = 9


class SendingForm(forms.Form):
    """When it goes, and how many people its owner means."""

    when = forms.ChoiceField(choices=(("now", "now"), ("later", "later")))
    day = Day(required=False)
    time = forms.TimeField(required=False)

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.fields["when"].error_messages["required"] = "Choose whether it goes now or later."
        self.fields["day"].error_messages["invalid"] = "This is not a date. Choose one, for example 2027-03-31."
        self.fields["time"].error_messages["invalid"] = "This is not a time. Type one such as 10:30."

    def clean(self) -> dict[str, Any]:
        """Ask for the day and the time where it is to go later."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("when") == "later":
            for field, sentence in (("day", "Choose the day on which it goes."), ("time", "Choose the time at which it goes.")):
                if not cleaned.get(field) and field not in self.errors:
                    self.add_error(field, sentence)
        return cleaned


@of_draft
def schedule(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """Show what will happen; on the press of the button send it, or put it on the calendar."""
    if request.method != "POST":
        return _page(request, campaign, SendingForm(initial=_remembered(request, campaign) or {"when": "now"}))
    form = SendingForm(request.POST)
    _remember(request, campaign, request.POST)
    then = request.POST.get("then", "")
    if then != "send":
        if not leads_away(request):
            messages.success(request, "Saved. Nobody was written to.")
            return redirect(step_link(campaign, drafts.SENDING))
        return go_on(request, campaign, drafts.SENDING)
    problems = {field: " ".join(map(str, found)) for field, found in form.errors.items()}
    count = request.POST.get("count", "").strip().replace(",", "")
    if not (count.isascii() and count.isdigit() and len(count) <= COUNT_DIGITS_MAX):
        problems["count"] = NO_COUNT.format(count=97)
    if problems:
        return _page(request, campaign, form, problems)
    return _send(request, campaign, form, int(count))


def _send(request: HttpRequest, campaign: Campaign, form: SendingForm, count: int) -> HttpResponse:
    if found := drafts.step_problems(campaign, signed_in_user(request)):
        return _page(request, campaign, form, {"to-do": next(iter(found.values()))})
    try:
        _begin(request, campaign, form, count)
    except CountChanged as error:
        return _page(request, campaign, form, {"count": error.message})
    except BadCampaignInput as error:
        return _page(request, campaign, form, {"day" if form.cleaned_data["when"] == "later" else "": error.message})
    except WrongStatus as error:
        return _page(request, campaign, form, {"": error.message})
    except ServiceProError as error:
        messages.error(request, error.message)
        return redirect(step_link(campaign, drafts.SENDING))
    request.session.pop(_session_key(campaign), None)
    return redirect(campaign_link(campaign))


def _begin(request: HttpRequest, campaign: Campaign, form: SendingForm, count: int) -> None:
    actor = signed_in_user(request)
    if form.cleaned_data["when"] == "now":
        services.request_start(campaign, actor=actor, confirmed_count=count)
        start_soon(current_tenant().schema_name)
        messages.success(request, "It is being prepared, and goes then. You can leave this page.")
        return
    at = datetime.datetime.combine(form.cleaned_data["day"], form.cleaned_data["time"].replace(tzinfo=None))
    services.schedule_campaign(campaign, actor=actor, at=at, confirmed_count=count)
    messages.success(request, f"It is on the calendar: {_moment(campaign.scheduled_at or timezone.now())}. Nobody was written to yet.")


def _page(
    request: HttpRequest, campaign: Campaign, form: SendingForm, problems: dict[str, str] | None = None
) -> HttpResponse:  # fmt: skip
    tenant, now = current_tenant(), timezone.now()
    to_do = drafts.step_problems(campaign, signed_in_user(request))
    reach = count_reach(campaign)
    context = {
        "chosen": {name: form[name].value() or "" for name in ("when", "day", "time")},
        "count": request.POST.get("count", ""),
        "to_do": [(number, LABELS[number], sentence) for number, sentence in to_do.items()],
        "reach": _reach_in_words(reach, now),
        "today": now.astimezone(ZoneInfo(tenant.time_zone)).date().isoformat(),
        "zone": tenant.time_zone.replace("_", " "),
        "now_in_words": clock_in_words(now, tenant.time_zone, tenant.region),
    }
    return wizard_page(request, campaign, drafts.SENDING, problems=problems, **context)


def _reach_in_words(reach: MessagingReach, now: datetime.datetime) -> dict[str, Any]:
    """Return the numbers of the summary; what is left out is said for each channel by its reason."""
    minutes = -(-reach.seconds // 60)
    return {
        "selected": reach.selected,
        "people": reach.people,
        "channels": [(count, CHANNEL_LABELS[channel]) for channel, count in reach.by_channel.items()],
        "left_out": [
            (CHANNEL_LABELS[channel], [(count, reason_label(reason)) for reason, count in reasons.items()])
            for channel, reasons in reach.left_out.items()
            if reasons
        ],
        "cost_micros": reach.cost_micros,
        "takes": spell_duration(minutes) if reach.seconds >= 60 else "less than a minute",
        "done_at": _moment(now + datetime.timedelta(seconds=reach.seconds)),
    }


def _moment(at: datetime.datetime) -> str:
    tenant = current_tenant()
    return moment_in_words(at, tenant.time_zone, tenant.region, today=timezone.now().astimezone(ZoneInfo(tenant.time_zone)).date())


def _session_key(campaign: Campaign) -> str:
    return f"messages-{campaign.pk}-when"


def _remember(request: HttpRequest, campaign: Campaign, posted: QueryDict) -> None:
    """Keep the time somebody chose while they look at earlier steps again: a draft has no time of its own."""
    request.session[_session_key(campaign)] = {name: posted.get(name, "")[:20] for name in ("when", "day", "time")}


def _remembered(request: HttpRequest, campaign: Campaign) -> dict[str, str]:
    found: dict[str, str] = request.session.get(_session_key(campaign), {})
    return found
