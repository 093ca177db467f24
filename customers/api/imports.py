"""Customer lists over the API: bring, look, confirm, watch, take back; and the people they brought."""

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Path, Query, Router, Status, UploadedFile
from pydantic import Json

from customers import services
from customers.api import schemas
from customers.api.schemas import (
    EXAMPLE_CONFIRMATION,
    EXAMPLE_CUSTOMER,
    EXAMPLE_ERRORS,
    EXAMPLE_ID,
    EXAMPLE_PREVIEW,
    EXAMPLE_ROW,
    EXAMPLE_STATUS,
    EXAMPLE_SUMMARY,
    EXAMPLE_UNDONE,
)
from customers.importing.columns import Field
from customers.imports_shown import LIVE, ShownRow, shown_rows
from customers.models import Customer, ImportBatch
from customers.selectors import import_by_id, import_preview, import_progress, imported_customers, recent_imports
from customers.tasks import apply_import_soon
from servicepro.lib.api_schema import PAGE_ROWS_MAX, documented
from servicepro.lib.phone import mask_phone
from tenants.selectors import User, current_tenant
from tenants.services import api_access
from tenants.types import ApiScope

router = Router(tags=["Import"], by_alias=True)
READ, WRITE, UNMASK = (api_access(scope) for scope in (ApiScope.CUSTOMERS_READ, ApiScope.CUSTOMERS_WRITE, ApiScope.CUSTOMERS_UNMASK))
PREVIEW_ROWS = 10
BatchId = Annotated[UUID, Path(alias="batchId", description="the list", examples=[EXAMPLE_ID])]
Page = Annotated[int, Query(ge=1, le=100_000, description="from 1", examples=[1])]
Limit = Annotated[int, Query(ge=1, le=PAGE_ROWS_MAX, description="rows a page, at most 100", examples=[50])]


def _actor(request: HttpRequest) -> User:
    actor: User = request.auth.user  # type: ignore[attr-defined]
    return actor


def _row(row: ShownRow) -> dict[str, Any]:
    return {
        "row": row.number,
        "outcome": row.outcome,
        "name": row.name,
        "phone": row.phone,
        "email": row.email,
        "is_opted_out": row.is_opted_out,
        "changes": [{"label": change.label, "old": change.old, "new": change.new} for change in row.changes],
        "reasons": row.reasons,
        "doubts": row.doubts,
        "original_data": row.original,
    }


def _summary(batch: ImportBatch) -> dict[str, Any]:
    return {
        "batch_id": batch.pk,
        "file_name": batch.file_name,
        "status": batch.status,
        "total_rows": batch.total_records,
        "imported": batch.successful_imports,
        "failed": batch.failed_imports,
        "duplicates": batch.duplicate_skipped,
        "created_by": batch.created_by,
        "created_at": batch.created_at,
        "completed_at": batch.completed_at,
    }


def _looked_at(request: HttpRequest, batch: ImportBatch, people: int) -> None:
    services.record_access(actor=_actor(request), action="view", how_many=people, subject=f"import:{batch.pk}")


def _preview(request: HttpRequest, batch: ImportBatch) -> dict[str, Any]:
    preview = import_preview(batch, limit=PREVIEW_ROWS)
    _looked_at(request, batch, len(preview.rows))
    return _summary(batch) | {
        "counts": {**preview.counts, "opted_out": preview.opted_out},
        "columns": [{"header": header, "field": field} for header, field in zip(batch.headers, batch.mapping, strict=True)],
        "replace_existing": batch.replace_existing,
        "notes": batch.notes,
        "same_file_at": preview.same_file_at,
        "preview": [_row(row) for row in shown_rows(batch, preview.rows)],
    }


def _confirmation(batch: ImportBatch) -> dict[str, Any]:
    kept = ("batch_id", "status", "imported", "failed", "duplicates", "total_rows")
    summary = _summary(batch)
    return {name: summary[name] for name in kept} | {"processed": batch.processed}


UPLOAD_BODY = {
    "requestBody": {
        "content": {
            "multipart/form-data": {
                "example": {"file": "clients.csv", "columns": '{"Mobile": "phone"}', "replaceExisting": False},
            }
        }
    }
}


@router.post(
    "/import",
    auth=WRITE,
    response={201: schemas.ImportPreview},
    summary="Bring a list",
    operation_id="uploadImport",
    openapi_extra=documented(EXAMPLE_PREVIEW, 413, 415, 422, 503, status=201) | UPLOAD_BODY,
)
def upload(
    request: HttpRequest,
    file: Annotated[UploadedFile, File(description="CSV, xlsx or xls, at most 5 MB and 10,000 rows")],
    columns: Annotated[
        Json[dict[str, Field]] | None, Form(description='what columns hold, by heading, as JSON: {"Mobile": "phone"}; the rest is matched')
    ] = None,
    replace_existing: Annotated[bool, Form(alias="replaceExisting", description="the list also overwrites what is known")] = False,
) -> Status:
    """Read a customer list and say row by row what confirming it would do. Nothing is written to the customers yet.

    Five lists an hour; a file that cannot be read does not count.
    """
    batch = services.preview_import(
        content=file.read(), file_name=file.name or "", actor=_actor(request), fields=columns, replace_existing=replace_existing
    )
    return Status(201, _preview(request, batch))


@router.get(
    "/import",
    auth=READ,
    response=schemas.ImportList,
    summary="Past lists",
    operation_id="listImports",
    openapi_extra=documented({"imports": [EXAMPLE_SUMMARY]}),
)
def past_imports(request: HttpRequest) -> dict[str, Any]:
    """Return the latest lists, newest first, without those that were thrown away."""
    return {"imports": [_summary(batch) for batch in recent_imports()]}


@router.get(
    "/import/{uuid:batchId}",
    auth=READ,
    response=schemas.ImportPreview,
    summary="One list",
    operation_id="getImport",
    openapi_extra=documented(EXAMPLE_PREVIEW, 404),
)
def one_import(request: HttpRequest, batch_id: BatchId) -> dict[str, Any]:
    """Return a list with its counts, columns and first rows."""
    return _preview(request, import_by_id(batch_id))


@router.delete(
    "/import/{uuid:batchId}",
    auth=WRITE,
    response=schemas.Confirmation,
    summary="Throw a list away",
    operation_id="discardImport",
    openapi_extra=documented(EXAMPLE_CONFIRMATION | {"status": "discarded", "processed": 0}, 404, 409),
)
def discard(request: HttpRequest, batch_id: BatchId) -> dict[str, Any]:
    """Throw away a list that was not confirmed, with all its rows."""
    return _confirmation(services.discard_import(import_by_id(batch_id)))


@router.get(
    "/import/{uuid:batchId}/rows",
    auth=READ,
    response=schemas.Rows,
    summary="Rows of a list",
    operation_id="listImportRows",
    openapi_extra=documented({"rows": [EXAMPLE_ROW], "page": 1, "limit": 50, "total": 1}, 404),
)
def import_rows(
    request: HttpRequest,
    batch_id: BatchId,
    outcome: Annotated[schemas.OutcomeName | None, Query(description="only rows that do this", examples=["refused"])] = None,
    page: Page = 1,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Return a page of rows with what each does and why; a page beyond the last is the last."""
    batch = import_by_id(batch_id)
    preview = import_preview(batch, outcome, page, limit)
    _looked_at(request, batch, len(preview.rows))
    return {"rows": [_row(row) for row in shown_rows(batch, preview.rows)], "page": preview.page, "limit": limit, "total": preview.total}


@router.put(
    "/import/{uuid:batchId}/columns",
    auth=WRITE,
    response=schemas.ImportPreview,
    summary="Match the columns",
    operation_id="mapImport",
    openapi_extra=documented(EXAMPLE_PREVIEW, 404, 409)
    | {"requestBody": {"content": {"application/json": {"example": {"columns": {"Mobile": "phone"}, "replaceExisting": False}}}}},
)
def map_columns(request: HttpRequest, batch_id: BatchId, body: schemas.ChosenColumns) -> dict[str, Any]:
    """Say what columns hold, and plan the list anew."""
    batch = import_by_id(batch_id)
    return _preview(request, services.remap_import(batch, body.columns, replace_existing=body.replace_existing))


@router.post(
    "/import/{uuid:batchId}/confirm",
    auth=WRITE,
    response={200: schemas.Confirmation, 202: schemas.Confirmation},
    summary="Confirm a list",
    operation_id="confirmImport",
    openapi_extra=documented(EXAMPLE_CONFIRMATION, 404, 409, status=202),
)
def confirm(request: HttpRequest, batch_id: BatchId) -> Status:
    """Let a worker write the list, once. The answer says how far it is; ask for the status until it is completed."""
    batch = services.confirm_import(import_by_id(batch_id), _actor(request))
    apply_import_soon(current_tenant().schema_name, batch.pk)
    batch.refresh_from_db()
    return Status(202 if batch.status in LIVE else 200, _confirmation(batch))


@router.get(
    "/import/{uuid:batchId}/status",
    auth=READ,
    response=schemas.ImportStatus,
    summary="How far a list is",
    operation_id="getImportStatus",
    openapi_extra=documented(EXAMPLE_STATUS, 404),
)
def status(request: HttpRequest, batch_id: BatchId) -> dict[str, Any]:
    """Return where a list stands, how many rows are done, and the first 100 rows that are not used."""
    batch = import_by_id(batch_id)
    progress = import_progress(batch)
    return {
        "batch_id": batch.pk,
        "status": progress.status,
        "message": progress.error_message,
        "progress": {"processed": progress.processed, "total": progress.total, "percent": progress.percent},
        "errors": [{"row": row, "errors": list(reasons)} for row, reasons in progress.errors],
        "errors_total": progress.failed,
    }


@router.get(
    "/import/{uuid:batchId}/errors.csv",
    auth=READ,
    summary="Rows that need fixing",
    operation_id="getImportErrors",
    openapi_extra=documented(EXAMPLE_ERRORS, 404, media_type="text/csv"),
)
def errors(request: HttpRequest, batch_id: BatchId) -> HttpResponse:
    """Return the rows that were not imported as CSV, as they stand in the file; corrected, it can be brought again. Recorded."""
    batch = import_by_id(batch_id)
    rows = batch.failed_imports + batch.duplicate_skipped
    services.record_access(actor=_actor(request), action="export", how_many=rows, subject=f"import:{batch.pk}")
    return HttpResponse(services.error_report(batch), content_type="text/csv; charset=utf-8")


@router.post(
    "/import/{uuid:batchId}/undo",
    auth=WRITE,
    response=schemas.Undone,
    summary="Take a list back",
    operation_id="undoImport",
    openapi_extra=documented(EXAMPLE_UNDONE, 404, 409),
)
def undo(request: HttpRequest, batch_id: BatchId) -> dict[str, Any]:
    """Restore what the list changed and remove whom it brought, except where people went on from there. Possible for 30 days."""
    batch = import_by_id(batch_id)
    report = services.undo_import(batch, _actor(request))
    kept = [{"row": row, "reason": reason} for row, reason in report.kept]
    return {"batch_id": batch.pk, "status": batch.status, "restored": report.restored, "removed": report.removed, "kept": kept}


@router.get(
    "/imported",
    auth=READ,
    response=schemas.ImportedCustomers,
    summary="People from lists",
    operation_id="listImportedCustomers",
    openapi_extra=documented({"customers": [EXAMPLE_CUSTOMER], "page": 1, "limit": 50, "total": 1}),
)
def imported(
    request: HttpRequest,
    status: Annotated[schemas.LifeName | None, Query(description="only people who are that far", examples=["imported"])] = None,
    search: Annotated[str, Query(max_length=120, description="part of a name or email, or a whole phone number", examples=["ana"])] = "",
    batch_id: Annotated[
        UUID | None, Query(alias="batchId", description="only people whom this list brought", examples=[EXAMPLE_ID])
    ] = None,
    page: Page = 1,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Return a page of the people whom lists brought, newest first, phones masked."""
    people, total = imported_customers(status=status or "", search=search, batch_id=batch_id, page=page, limit=limit)
    services.record_access(actor=_actor(request), action="view", how_many=len(people), subject="imported customers")
    return {"customers": [_person(person) for person in people], "page": page, "limit": limit, "total": total}


def _person(customer: Customer) -> dict[str, Any]:
    return {
        "id": customer.pk,
        "name": customer.name,
        "phone": mask_phone(customer.phone) if customer.phone else "",
        "email": customer.email,
        "status": customer.life,
        "batch_id": customer.import_batch_id,
        "invited_at": customer.invited_at,
        "registered_at": customer.registered_at,
        "created_at": customer.created_at,
    }


@router.post(
    "/{int:customerId}/phone",
    auth=UNMASK,
    response=schemas.WholePhone,
    tags=["Customers"],
    summary="Show one whole phone number",
    operation_id="showPhone",
    openapi_extra=documented({"id": EXAMPLE_CUSTOMER["id"], "phone": "+15125550142"}, 404),
)
def show_phone(
    request: HttpRequest, customer_id: Annotated[int, Path(alias="customerId", description="the person", examples=[4711])]
) -> dict[str, Any]:
    """Return one person's phone number in full. Who asked, for whom and when is recorded."""
    customer = services.customer_named(customer_id=customer_id)
    services.record_access(actor=_actor(request), action="show", customer=customer, subject="api")
    return {"id": customer.pk, "phone": customer.phone}
