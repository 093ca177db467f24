"""The owner's pages for records that may be one person: look, merge, say no, undo."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from customers import services
from customers.errors import UnknownMerge
from customers.services.merging import review
from servicepro.lib.admin_pages import admin_page, attempt, get_or_404
from tenants.selectors import signed_in_user
from tenants.services import record_action


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Show who may be one person and why, and the merges so far."""
    questions, question_page = review.open_questions(request.GET.get("page"))
    past, past_page = review.past_merges(request.GET.get("merged"))
    if questions:
        shown = [record.id for asked in questions for record in (asked.first, asked.second)]
        services.record_access(actor=signed_in_user(request), action="view", how_many=len(set(shown)), subject="merges")
    return admin_page(
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
    record_action(signed_in_user(request), "merges_proposed", "merges", new=count)
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
        get_or_404(review.proposal_by_id, proposal_id)
        messages.info(request, "This question was answered already.")
        return redirect("merges")
    services.record_access(actor=signed_in_user(request), action="view", how_many=2, subject=f"merge_proposal:{proposal_id}")
    return admin_page(request, "customers/merges_decide.html", "Merge these two records?", asked=asked)


@require_POST
def merge(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Merge the two, keeping the record the owner chose."""
    proposal = get_or_404(review.proposal_by_id, proposal_id)
    records = {str(record.pk): record for record in (proposal.first, proposal.second)}
    kept = records.pop(request.POST.get("kept", ""), None)
    if kept is None:
        messages.error(request, "Choose which of the two records to keep.")
        return redirect("merges-decide", proposal.pk)
    (gone,) = records.values()
    done = f"Merged into {kept.name or f'customer {kept.pk}'}. You can undo it below."
    attempt(request, lambda: services.merge_customers(kept, gone, actor=signed_in_user(request)), done)
    return redirect("merges")


@require_POST
def dismiss(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Take note that they are two people."""
    proposal = get_or_404(review.proposal_by_id, proposal_id)
    done = "Noted: they are two people, and we will not ask again."
    attempt(request, lambda: services.dismiss_proposal(proposal, actor=signed_in_user(request)), done)
    return redirect("merges")


@require_POST
def undo(request: HttpRequest, merge_id: int) -> HttpResponse:
    """Bring both records back and say what stayed as it was."""
    merge = get_or_404(review.merge_by_id, merge_id)
    undone = attempt(request, lambda: services.unmerge_customers(merge, actor=signed_in_user(request)), "Undone: both records are back.")
    for sentence in undone.outcome[len(merge.outcome) :] if undone else ():
        messages.info(request, sentence)
    return redirect("merges")
