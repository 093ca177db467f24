"""The buttons of a campaign: each calls one service and says what came of it."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from campaigns import services
from campaigns.forms import ScheduleForm
from campaigns.links import campaign_link
from campaigns.models import Campaign
from campaigns.tasks import drain_soon
from campaigns.views.watching import campaign_asked_for
from campaigns.wording import reason_label
from messaging.types import Outcome, Receipt
from servicepro.lib.admin_pages import attempt
from servicepro.lib.errors import ServiceProError
from tenants.selectors import current_tenant, signed_in_user

Action = Callable[[HttpRequest, Campaign], None]
NUMBER_DIGITS_MAX = 19


@require_POST
def act(request: HttpRequest, campaign_id: int, action: str, kind: str) -> HttpResponse:
    """Do what a button says."""
    campaign = campaign_asked_for(request, campaign_id, kind)
    actions = _ACTIONS[kind]
    if action not in actions:
        raise Http404
    actions[action](request, campaign)
    return redirect(campaign_link(campaign))


def _send_test(request: HttpRequest, campaign: Campaign) -> None:
    _say_how_it_went(request, "test text", lambda: services.send_test(campaign, actor=signed_in_user(request)))


def send_invitation_test(request: HttpRequest, campaign: Campaign) -> None:
    """Send an invitation to the owner's own phone, and say how it went."""
    _say_how_it_went(request, "preview", lambda: services.send_invitation_test(campaign, actor=signed_in_user(request)))


def _say_how_it_went(request: HttpRequest, what: str, send: Callable[[], Receipt]) -> None:
    try:
        receipt = send()
    except ServiceProError as error:
        messages.error(request, error.message)
        return
    if receipt.outcome is Outcome.SENT:
        messages.success(request, f"The {what} is on its way to your phone.")
    else:
        messages.error(request, f"The {what} did not go: {reason_label(str(receipt.reason))}.")


def _start(request: HttpRequest, campaign: Campaign) -> None:
    typed = request.POST.get("count", "").strip().replace(",", "")
    if not typed.isdigit():
        messages.error(request, "Type the number of people to start, for example 97.")
        return
    begun = attempt(
        request,
        lambda: services.start_campaign(campaign, actor=signed_in_user(request), confirmed_count=int(typed)),
        "Started. You can leave this page; it goes on.",
    )
    if begun:
        drain_soon(current_tenant().schema_name, campaign.pk)


def _resume(request: HttpRequest, campaign: Campaign) -> None:
    if attempt(request, lambda: services.resume_campaign(campaign, actor=signed_in_user(request)), "Going on where it stopped."):
        drain_soon(current_tenant().schema_name, campaign.pk)


def _pause(request: HttpRequest, campaign: Campaign) -> None:
    attempt(request, lambda: services.pause_campaign(campaign, actor=signed_in_user(request)), "Paused. Nothing more leaves.")


def _cancel(request: HttpRequest, campaign: Campaign) -> None:
    done = "Cancelled. Who was not reached yet stays unreached."
    attempt(request, lambda: services.cancel_campaign(campaign, actor=signed_in_user(request)), done)


def _retry(request: HttpRequest, campaign: Campaign) -> None:
    attempt(
        request,
        lambda: services.retry_failed(campaign, actor=signed_in_user(request)),
        "Everybody who failed gets another turn, nobody else.",
    )


def _release(request: HttpRequest, campaign: Campaign) -> None:
    if request.POST.get("confirm") != "yes":
        messages.error(request, "Tick the box to confirm that texts may arrive at any hour.")
        return
    attempt(
        request,
        lambda: services.release_quiet_hours(campaign, actor=signed_in_user(request)),
        "Texts of this campaign may now leave at any hour.",
    )


def _edit(request: HttpRequest, campaign: Campaign) -> None:
    words = {name: request.POST.get(name, "") for name in ("sms_text", "email_subject", "email_text", "email_html")}
    attempt(request, lambda: services.edit_texts(campaign, actor=signed_in_user(request), **words), "The words are saved.")


def _schedule(request: HttpRequest, campaign: Campaign) -> None:
    form = ScheduleForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(sentence) for found in form.errors.values() for sentence in found))
        return
    at = form.starts_at(current_tenant().time_zone)
    done = "It is on the calendar. Nobody was written to yet."
    attempt(request, lambda: services.schedule_campaign(campaign, actor=signed_in_user(request), at=at), done)


def _unschedule(request: HttpRequest, campaign: Campaign) -> None:
    done = "It is off the calendar, and a draft again."
    attempt(request, lambda: services.unschedule_campaign(campaign, actor=signed_in_user(request)), done)


def _remove(request: HttpRequest, campaign: Campaign) -> None:
    number = request.POST.get("target", "")
    if not (number.isascii() and number.isdigit() and len(number) < NUMBER_DIGITS_MAX):
        raise Http404("No recipient is named.")
    target_id = int(number)
    done = "Taken off the list. They get nothing of this campaign."
    attempt(request, lambda: services.remove_recipient(campaign, target_id, actor=signed_in_user(request)), done)


_EVERY_KIND: dict[str, Action] = {"pause": _pause, "resume": _resume, "cancel": _cancel, "retry": _retry}
_ACTIONS: dict[str, dict[str, Action]] = {
    "port_recovery": {**_EVERY_KIND, "start": _start, "test": _send_test, "release": _release, "texts": _edit},
    "invitation": {**_EVERY_KIND, "start": _start, "test": send_invitation_test, "schedule": _schedule, "unschedule": _unschedule},
    "messaging": {**_EVERY_KIND, "unschedule": _unschedule, "remove": _remove},
}
