"""The fifth step of a messaging campaign: what it says, shown as a chosen customer gets it and tried out on its owner."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from campaigns.choosing import channels_of
from campaigns.errors import BadCampaignInput
from campaigns.models import Campaign
from campaigns.services import messaging_drafts as drafts
from campaigns.services.messaging_preview import send_messaging_test
from campaigns.services.messaging_words import content_of, content_problems
from campaigns.types import MessagingContent
from campaigns.views.message_editor import preview_context, shown_as_context, templates_context, typed_content, words_context
from campaigns.views.wizard import go_on, leads_away, of_draft, step_link, wizard_page
from campaigns.wording import reason_label
from messaging.types import Outcome
from servicepro.lib.errors import ServiceProError
from tenants.selectors import signed_in_user

PARTS = {"preview": "_message_preview", "people": "_message_shown_as", "templates": "_message_templates"}
TESTS = {"test-email": drafts.EMAIL, "test-whatsapp": drafts.WHATSAPP}
WHERE = {drafts.EMAIL: "to your email address", drafts.WHATSAPP: "to your phone"}
# Where the page has a field under another id than its name.
ANCHORS = {"content_variables": "content_sid"}


@of_draft
def content(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """Show and save what it says; a part of the page can be asked for alone, and nothing is kept of it then."""
    if request.method != "POST":
        return _page(request, campaign, content_of(campaign))
    typed = typed_content(request.POST, campaign)
    if (part := request.POST.get("part")) in PARTS:
        return render(request, f"campaigns/{PARTS[part]}.html", _part(request, campaign, typed, part))
    if request.POST.get("then") == "look":
        return _page(request, campaign, typed)
    return _receive(request, campaign, typed)


def _part(request: HttpRequest, campaign: Campaign, typed: MessagingContent, part: str) -> dict[str, Any]:
    context = {"content": typed, **words_context(campaign)}
    if part == "people":
        return context | shown_as_context(request, campaign)
    if part == "templates":
        return context | templates_context(typed)
    return context | preview_context(request, campaign, typed)


def _receive(request: HttpRequest, campaign: Campaign, typed: MessagingContent) -> HttpResponse:
    """Keep what was typed, finished or not; only who goes on is held up by what is missing."""
    try:
        drafts.save_content(campaign, actor=signed_in_user(request), content=typed)
    except BadCampaignInput as error:
        return _page(request, campaign, typed, problems=error.details["fields"])
    except ServiceProError as error:
        messages.error(request, error.message)
        return redirect("messages-campaign", campaign.pk)
    then, channels = request.POST.get("then", "save"), channels_of(campaign)
    if then == "save" or leads_away(request):
        return go_on(request, campaign, drafts.CONTENT)
    if problems := content_problems(content_of(campaign), [TESTS[then]] if then in TESTS else channels):
        return _page(request, campaign, content_of(campaign), problems=problems)
    if then in TESTS:
        _send_test(request, campaign, TESTS[then])
        return redirect(step_link(campaign, drafts.CONTENT))
    return go_on(request, campaign, drafts.CONTENT)


def _send_test(request: HttpRequest, campaign: Campaign, channel: str) -> None:
    try:
        receipt = send_messaging_test(campaign, actor=signed_in_user(request), channel=channel)
    except ServiceProError as error:
        messages.error(request, error.message)
        return
    if receipt.outcome is Outcome.SENT:
        messages.success(request, f"Saved, and on its way {WHERE[channel]}. Nobody else was written to.")
    else:
        messages.error(request, f"Saved, but the test did not go: {reason_label(str(receipt.reason))}.")


def _page(
    request: HttpRequest, campaign: Campaign, typed: MessagingContent, *, problems: dict[str, str] | None = None
) -> HttpResponse:  # fmt: skip
    has_whatsapp = drafts.WHATSAPP in channels_of(campaign)
    people = shown_as_context(request, campaign)
    context = {
        "content": typed,
        **words_context(campaign, typed),
        **people,
        **preview_context(request, campaign, typed, people["shown_as"]),
        "objections": [],  # on the whole page they stand beside their fields, once they are asked for
        **(templates_context(typed) if has_whatsapp and request.method == "POST" else {}),
    }
    anchored = {ANCHORS.get(field, field): sentence for field, sentence in (problems or {}).items()}
    return wizard_page(request, campaign, drafts.CONTENT, problems=anchored, **context)
