"""The owner's page of calls and numbers: type, look at what callers hear, keep it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from customers.selectors import received_message
from customers.services import record_access
from messaging import services
from messaging.errors import ProviderAway
from messaging.forms_ivr import RoutingForm, rows_for, typed_from
from messaging.models import MenuOption
from messaging.selectors import open_number_request, phone_lines, phone_status
from messaging.services.calls import NOT_A_KEY, Plan
from servicepro.lib.admin_pages import admin_page, attempt, get_or_404
from servicepro.lib.phone import mask_phone
from tenants.selectors import signed_in_user

PAGE = "ivr-config"
HERE, ELSEWHERE, NOWHERE = "answered here", "answered elsewhere", "not answered"


@require_http_methods(["GET", "HEAD", "POST"])
def ivr_config(request: HttpRequest) -> HttpResponse:
    """Show who answers calls; with a POST show what callers would hear, or keep it."""
    plan = services.current_plan()
    if request.method != "POST":
        rows = rows_for(plan)
        return _page(request, RoutingForm(typed_from(plan), rows=rows), plan)
    rows = sum(name.startswith("digit_") for name in request.POST)
    form = RoutingForm(request.POST, rows=min(max(rows, rows_for(plan)), 10))
    if not form.is_valid():
        return _page(request, form, plan, status=400)
    if request.POST.get("then") != "save":
        return _page(request, form, form.routing.plan(), is_preview=True)
    services.save_routing(form.routing, actor=signed_in_user(request))
    messages.success(request, "Saved. The next call is answered like this.")
    return redirect(PAGE)


@require_POST
def import_numbers(request: HttpRequest) -> HttpResponse:
    """Take ticked numbers of the account over."""
    actor, sids = signed_in_user(request), request.POST.getlist("number")
    return _done(request, lambda: services.import_numbers(sids, actor=actor), "The numbers are yours now. Nothing was changed at Twilio.")


@require_POST
def make_primary(request: HttpRequest, line_id: int) -> HttpResponse:
    """Send texts from another number."""
    actor, is_sure = signed_in_user(request), request.POST.get("confirm") == "yes"
    return _done(
        request, lambda: services.make_primary(line_id, actor=actor, confirmed=is_sure), "Texts are sent from this number from now on."
    )


@require_POST
def take_calls(request: HttpRequest, line_id: int) -> HttpResponse:
    """Have a number's calls answered here."""
    actor, is_sure = signed_in_user(request), request.POST.get("confirm") == "yes"
    return _done(
        request, lambda: services.take_calls(line_id, actor=actor, confirmed=is_sure), "Calls to this number are answered here now."
    )


@require_POST
def request_number(request: HttpRequest) -> HttpResponse:
    """Ask for a number."""
    actor, area, note = signed_in_user(request), request.POST.get("area_code", "").strip(), request.POST.get("note", "").strip()
    return _done(
        request,
        lambda: services.request_number(area_code=area, note=note, actor=actor),
        "We wrote down that you want a number. We will tell you when it is ready.",
    )


@require_GET
def voicemail(request: HttpRequest, recording: str) -> HttpResponse:
    """Play a voicemail of this business to somebody who may read its messages."""
    message = received_message(recording)
    if message is None:
        raise Http404("There is no such voicemail here.")
    try:
        sound = get_or_404(services.voicemail_recording, recording)
    except ProviderAway as problem:
        messages.error(request, problem.message)
        return redirect("/admin/")
    record_access(actor=signed_in_user(request), action="show", subject=f"voicemail:{message}")
    response = HttpResponse(sound, content_type="audio/mpeg")
    response["Content-Disposition"] = f'inline; filename="voicemail-{message}.mp3"'
    response["Cache-Control"] = "private, no-store"
    return response


def _done(request: HttpRequest, act: Callable[[], Any], done: str) -> HttpResponse:
    attempt(request, lambda: act() or True, done)
    return redirect(f"{reverse(PAGE)}?numbers=1#numbers")


def _page(request: HttpRequest, form: RoutingForm, plan: Plan, *, is_preview: bool = False, status: int = 200) -> HttpResponse:
    account, trouble = _account() if "numbers" in request.GET else ([], "")
    calls = {number.phone: _where(number.voice_url) for number in account}
    context = {
        "form": form,
        "problems": form.problems if status != 200 else [],
        "is_preview": is_preview,
        "heard": heard(plan),
        "status": phone_status(),
        "lines": [(line, line.phone, calls.get(line.phone, "")) for line in phone_lines()],
        "free": [number for number in account if not number.is_ours],
        "trouble": trouble,
        "was_asked": "numbers" in request.GET and not trouble,
        "asked": open_number_request(),
    }
    return admin_page(request, "messaging/ivr_config.html", "Calls and numbers", status_code=status, **context)


def _account() -> tuple[list[Any], str]:
    try:
        return services.account_numbers(), ""
    except ProviderAway as problem:
        return [], problem.message


def _where(voice_url: str) -> str:
    if not voice_url:
        return NOWHERE
    return HERE if voice_url == services.call_address() else ELSEWHERE


def heard(plan: Plan) -> list[tuple[str, str]]:
    """Return a call as callers hear it: (what happens, the words)."""
    mode = plan.routing.mode
    last = ("After the tone", "The message is recorded, for two minutes at most. You find it in the caller's conversation.")
    nobody = [("If nobody takes it within 20 seconds", f"Nobody can take your call right now. {plan.voicemail_words}"), last]
    if mode == "forward":
        return [("At once", f"It rings at {mask_phone(plan.routing.forward_to)}."), *nobody]
    if mode != "ivr" or not plan.options:
        return [("At once", f"{plan.greeting} {plan.voicemail_words}"), last]
    told: list[tuple[str, str]] = [("At once", f"{plan.greeting} {plan.menu_words}")]
    for option in plan.options:
        told.append((f"After {option.digit} ({option.label})", _does(option, plan)))
    return [*told, ("After another key, or none", f"{NOT_A_KEY} Then the choices again, and after that: {plan.voicemail_words}")]


def _does(option: MenuOption, plan: Plan) -> str:
    if option.action == MenuOption.Action.FORWARD:
        return f"It rings at {mask_phone(option.forward_to)}; if nobody takes it, a message is taken."
    if option.action == MenuOption.Action.VOICEMAIL:
        return plan.voicemail_words
    return option.words
