"""The owner's pages for records that may be one person: look, merge, say no, undo."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from customers import services
from customers.errors import UnknownMerge
from customers.services.merging import review
from servicepro.lib.errors import ServiceProError
from tenants.selectors import User
from tenants.services import record_action


def _page(request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
    return render(request, template, {**admin.site.each_context(request), "title": title, **context})


def _owner(request: HttpRequest) -> User:
    return cast(User, request.user)


def _try(request: HttpRequest, act: Callable[[], Any], done: str) -> Any:
    """Do it, say so, and return what came of it (True for nothing); an expected error is said instead, and None returned."""
    try:
        result = act()
    except UnknownMerge as error:
        raise Http404(error.message) from error
    except ServiceProError as error:
        messages.error(request, error.message)
        return None
    messages.success(request, done)
    return True if result is None else result


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Show who may be one person and why, and the merges so far."""
    questions, question_page = review.open_questions(request.GET.get("page"))
    past, past_page = review.past_merges(request.GET.get("merged"))
    if questions:
        shown = [record.id for asked in questions for record in (asked.first, asked.second)]
        services.record_access(actor=_owner(request), action="view", how_many=len(set(shown)), subject="merges")
    return _page(
        request,
        "customers/merges.html",
        "Same person?",
        questions=questions,
        question_page=question_page,
        past=past,
        past_page=past_page,
    )


@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """Look through all records for new pairs."""
    count = services.propose_merges()
    record_action(_owner(request), "merges_proposed", "merges", new=count)
    if count:
        messages.success(request, f"{count} new {'pair' if count == 1 else 'pairs'} to look at.")
    else:
        messages.info(request, "Nothing new: no further records share a phone, an email or a conversation.")
    return redirect("merges")


@require_GET
def decide(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Show one pair with everything that speaks for it and what merging would do."""
    try:
        asked = review.question(proposal_id)
    except UnknownMerge:
        _proposal(proposal_id)
        messages.info(request, "This question was answered already.")
        return redirect("merges")
    services.record_access(actor=_owner(request), action="view", how_many=2, subject=f"merge_proposal:{proposal_id}")
    return _page(request, "customers/merges_decide.html", "Merge these two records?", asked=asked)


def _proposal(proposal_id: int) -> Any:
    """Return a proposal, answered or not; where there is none, the page does not exist."""
    try:
        return review.proposal_by_id(proposal_id)
    except UnknownMerge as error:
        raise Http404(error.message) from error


@require_POST
def merge(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Merge the two, keeping the record the owner chose."""
    proposal = _proposal(proposal_id)
    records = {str(record.pk): record for record in (proposal.first, proposal.second)}
    kept = records.pop(request.POST.get("kept", ""), None)
    if kept is None:
        messages.error(request, "Choose which of the two records to keep.")
        return redirect("merges-decide", proposal.pk)
    (gone,) = records.values()
    done = f"Merged into {kept.name or f'customer {kept.pk}'}. You can undo it below."
    _try(request, lambda: services.merge_customers(kept, gone, actor=_owner(request)), done)
    return redirect("merges")


@require_POST
def dismiss(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Take note that they are two people."""
    proposal = _proposal(proposal_id)
    done = "Noted: they are two people, and we will not ask again."
    _try(request, lambda: services.dismiss_proposal(proposal, actor=_owner(request)), done)
    return redirect("merges")


@require_POST
def undo(request: HttpRequest, merge_id: int) -> HttpResponse:
    """Bring both records back and say what stayed as it was."""
    try:
        merge = review.merge_by_id(merge_id)
    except UnknownMerge as error:
        raise Http404(error.message) from error
    undone = _try(request, lambda: services.unmerge_customers(merge, actor=_owner(request)), "Undone: both records are back.")
    for sentence in undone.outcome[len(merge.outcome) :] if undone else ():
        messages.info(request, sentence)
    return redirect("merges")
