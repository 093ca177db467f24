"""The owner's pages for bringing a customer list: look, match the columns, confirm, watch, take back."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from customers import services
from customers.errors import BadMapping
from customers.importing.columns import Field, check_mapping
from customers.imports_shown import (
    FIELD_LABELS,
    LIVE,
    STATUS_LABELS,
    cards,
    outcome_choices,
    shown_columns,
    shown_rows,
)
from customers.models import ImportBatch
from customers.selectors import UNDO_TIME, customer_count, import_by_id, import_preview, import_progress, imported_lives, recent_imports
from customers.tasks import apply_import_soon
from servicepro.lib.admin_pages import admin_page, get_or_404
from servicepro.lib.errors import InvalidInput, ServiceProError, TooMany
from servicepro.lib.paging import page_number
from servicepro.lib.spreadsheet import DEFAULT_LIMITS
from tenants.selectors import current_tenant, signed_in_user

PAGE_ROWS = 25
SAMPLE_ROWS = 10
MEGABYTE = 1024 * 1024


@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """Take a list, and show the lists so far."""
    if request.method != "POST":
        return _overview(request)
    uploaded = request.FILES.get("file")
    try:
        if uploaded is None:
            raise InvalidInput("No file was chosen.")
        batch = services.preview_import(
            content=uploaded.read(), file_name=uploaded.name or "", actor=signed_in_user(request), may_lack_columns=True
        )
    except ServiceProError as error:
        response = _overview(request, problem=error.message, status=error.status)
        if isinstance(error, TooMany):
            response["Retry-After"] = str(error.retry_after_seconds)
        return response
    return redirect("customer-import", batch.pk)


def _overview(request: HttpRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    page = recent_imports(request.GET.get("page"))
    return admin_page(
        request,
        "customers/import_overview.html",
        "Import customers",
        status_code=status,
        problem=problem,
        imports=[(batch, STATUS_LABELS[ImportBatch.Status(batch.status)]) for batch in page],
        page=page,
        undo_days=UNDO_TIME.days,
        bytes_max=DEFAULT_LIMITS.bytes_max,
        megabytes=DEFAULT_LIMITS.bytes_max // MEGABYTE,
        rows_max=f"{DEFAULT_LIMITS.rows_max:,}",
    )


@require_GET
def batch_page(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Show one list, wherever it stands."""
    batch = get_or_404(import_by_id, batch_id)
    return _batch_page(request, batch, problem=_missing_columns(batch))


def _looked_at(request: HttpRequest, batch: ImportBatch, people: int) -> None:
    services.record_access(actor=signed_in_user(request), action="view", how_many=people, subject=f"import:{batch.pk}")


def _batch_page(request: HttpRequest, batch: ImportBatch, *, problem: str = "", status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {**_progress_context(batch), **_rows_context(request, batch)}
    if batch.status == ImportBatch.Status.READY:
        context |= _ready_context(batch)
    _looked_at(request, batch, len(context["rows"]))
    return admin_page(request, "customers/import_batch.html", "Import customers", status_code=status, problem=problem, **context)


def _missing_columns(batch: ImportBatch) -> str:
    """Say what keeps people from being made of the columns; empty where nothing does."""
    if batch.status != ImportBatch.Status.READY:
        return ""
    try:
        check_mapping(batch.headers, [Field(name) for name in batch.mapping])
    except BadMapping as error:
        return error.message
    return ""


def _ready_context(batch: ImportBatch) -> dict[str, Any]:
    first = import_preview(batch, limit=SAMPLE_ROWS)
    columns = shown_columns(batch, first.rows)
    return {
        "columns": columns,
        "matched_count": sum(column.field != Field.EXTRA for column in columns),
        "fields": list(FIELD_LABELS.items()),
        "same_file_at": first.same_file_at,
    }


def _progress_context(batch: ImportBatch) -> dict[str, Any]:
    progress = import_progress(batch)
    return {
        "batch": batch,
        "progress": progress,
        "is_live": batch.status in LIVE,
        "status_label": STATUS_LABELS[ImportBatch.Status(batch.status)],
        "cards": cards(batch),
        "unused_count": batch.failed_imports + batch.duplicate_skipped,
        "undo": services.undo_report(batch) if batch.status == ImportBatch.Status.UNDONE else None,
        "undo_until": batch.completed_at + UNDO_TIME if progress.can_undo and batch.completed_at else None,
        "people_link": f"{reverse('imported-customers')}?import={batch.pk}&status=imported",
        "to_invite": imported_lives(batch_id=batch.pk)["imported"],
    }


def _rows_context(request: HttpRequest, batch: ImportBatch) -> dict[str, Any]:
    choices = outcome_choices(batch)
    outcome = request.GET.get("outcome", "")
    if outcome not in {value for value, _label, _count in choices}:
        outcome = ""
    preview = import_preview(batch, outcome or None, page_number(request.GET.get("page", "")), PAGE_ROWS)
    return {
        "outcomes": choices,
        "outcome": outcome,
        "rows": shown_rows(batch, preview.rows),
        "preview": preview,
        "what_heading": "What would happen" if batch.status == ImportBatch.Status.READY else "What happened",
    }


@require_GET
def progress(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Show the progress alone; the page asks for it every second while rows are written, and then for the whole page once."""
    batch = get_or_404(import_by_id, batch_id)
    response = render(request, "customers/_import_progress.html", _progress_context(batch))
    if batch.status not in LIVE:
        response["HX-Refresh"] = "true"
    return response


@require_GET
def rows(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Show the rows alone."""
    batch = get_or_404(import_by_id, batch_id)
    context = _rows_context(request, batch)
    _looked_at(request, batch, len(context["rows"]))
    return render(request, "customers/_import_rows.html", {"batch": batch, **context})


@require_POST
def columns(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Plan the list anew with the columns the owner chose."""
    batch = get_or_404(import_by_id, batch_id)
    try:
        fields = _chosen_fields(request.POST, len(batch.headers))
        services.remap_import(batch, fields, replace_existing=request.POST.get("replace_existing") == "yes")
    except ServiceProError as error:
        return _batch_page(request, get_or_404(import_by_id, batch_id), problem=error.message, status=error.status)
    messages.success(request, "These are the rows with the columns as you chose them.")
    return redirect("customer-import", batch.pk)


def _chosen_fields(form: QueryDict, count: int) -> list[Field]:
    """Return what each column is. Raises BadMapping."""
    try:
        return [Field(form.get(f"column-{position}", "")) for position in range(count)]
    except ValueError as error:
        raise BadMapping("Choose for every column what it is.") from error


@require_POST
def act(request: HttpRequest, batch_id: UUID, action: str) -> HttpResponse:
    """Do what a button says."""
    actions: dict[str, Callable[[HttpRequest, ImportBatch], None]] = {"confirm": _confirm, "undo": _undo, "discard": _discard}
    batch = get_or_404(import_by_id, batch_id)
    if action not in actions:
        raise Http404
    try:
        actions[action](request, batch)
    except ServiceProError as error:
        messages.error(request, error.message)
    return redirect("customer-import", batch.pk)


def _confirm(request: HttpRequest, batch: ImportBatch) -> None:
    services.confirm_import(batch, signed_in_user(request))
    apply_import_soon(current_tenant().schema_name, batch.pk)


def _undo(request: HttpRequest, batch: ImportBatch) -> None:
    report = services.undo_import(batch, signed_in_user(request))
    kept = f" {len(report.kept)} rows stayed; you see below why." if report.kept else ""
    messages.success(request, f"The import is taken back.{kept}")


def _discard(request: HttpRequest, batch: ImportBatch) -> None:
    services.discard_import(batch)
    messages.success(request, "The list is thrown away. Nothing of it was written.")


@require_POST
def errors(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Download the rows that need fixing; recorded, and safe to open in a spreadsheet."""
    batch = get_or_404(import_by_id, batch_id)
    rows = batch.failed_imports + batch.duplicate_skipped
    services.record_access(actor=signed_in_user(request), action="export", how_many=rows, subject=f"import:{batch.pk}")
    return _download(services.error_report(batch), "rows-to-fix.csv")


@require_POST
def everybody(request: HttpRequest) -> HttpResponse:
    """Download all customers as a list that can be brought again; recorded, and safe to open in a spreadsheet."""
    services.record_access(actor=signed_in_user(request), action="export", how_many=customer_count(), subject="customers")
    return _download(services.export_customers(), "customers.csv")


def _download(content: bytes, file_name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response
