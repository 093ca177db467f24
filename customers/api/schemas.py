"""The bodies of the API about customer lists and the people they brought."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field as Property

from customers.importing.columns import Field
from servicepro.lib.api_schema import ApiSchema

OutcomeName = Literal["new", "changed", "merged", "unchanged", "duplicate_in_file", "refused", "held"]
StatusName = Literal["ready", "queued", "processing", "completed", "failed", "undone", "discarded"]
LifeName = Literal["imported", "invited", "registered", "expired"]


class Change(ApiSchema):
    """One value of somebody known, before and after, in words; phones masked."""

    label: str
    old: str
    new: str


class Row(ApiSchema):
    """One row of a list and what it does."""

    row: int = Property(description="its number as a spreadsheet program shows it; the header is 1")
    outcome: OutcomeName
    name: str
    phone: str = Property(description="masked")
    email: str
    is_opted_out: bool = Property(description="this person is not written to")
    changes: list[Change]
    reasons: list[str] = Property(description="why it is not used, in plain words")
    doubts: list[str] = Property(description="what was left out of it, in plain words")
    original_data: dict[str, str] = Property(description="what the file says, for rows that are not used")


class Counts(ApiSchema):
    """How many rows do what; before the confirmation what would happen, afterwards what did."""

    new: int
    changed: int
    merged: int
    unchanged: int
    duplicate_in_file: int
    refused: int
    held: int
    opted_out: int = Property(description="of all rows, people who are not written to")


class Column(ApiSchema):
    """One column of the file and what it was taken for."""

    header: str
    field: Field


class ImportSummary(ApiSchema):
    """One list in a list of lists."""

    batch_id: UUID
    file_name: str
    status: StatusName
    total_rows: int
    imported: int = Property(description="new, changed and merged rows")
    failed: int = Property(description="refused and held rows")
    duplicates: int = Property(description="rows that add nothing, and rows that are twice in the file")
    created_by: str
    created_at: datetime
    completed_at: datetime | None


class ImportList(ApiSchema):
    """The latest lists, newest first."""

    imports: list[ImportSummary]


class ImportPreview(ImportSummary):
    """What confirming a list would do, or what it did."""

    counts: Counts
    columns: list[Column]
    replace_existing: bool
    notes: list[str] = Property(description="how the file was read, in sentences")
    same_file_at: datetime | None = Property(description="when this very file was imported before")
    preview: list[Row] = Property(description="the first 10 rows")


class Rows(ApiSchema):
    """A page of rows."""

    rows: list[Row]
    page: int
    limit: int
    total: int


class ChosenColumns(ApiSchema):
    """What the columns hold; a column that is not named keeps what it was taken for."""

    columns: dict[str, Field] = Property(description="by heading", max_length=50)
    replace_existing: bool | None = Property(default=None, description="overwrite what is known; left out: as before")


class Confirmation(ApiSchema):
    """How far a confirmed list is. `imported`, `failed` and `duplicates` are final once status is completed."""

    batch_id: UUID
    status: StatusName
    imported: int
    failed: int
    duplicates: int
    processed: int
    total_rows: int


class Progress(ApiSchema):
    """How far a list is."""

    processed: int
    total: int
    percent: int


class RowError(ApiSchema):
    """Why one row is not used."""

    row: int
    errors: list[str]


class ImportStatus(ApiSchema):
    """Where a list stands, and the first 100 rows that are not used."""

    batch_id: UUID
    status: StatusName
    message: str = Property(description="why it stopped, where it did")
    progress: Progress
    errors: list[RowError]
    errors_total: int


class KeptRow(ApiSchema):
    """A row that stayed when its import was undone."""

    row: int
    reason: str


class Undone(ApiSchema):
    """What undoing a list did."""

    batch_id: UUID
    status: StatusName
    restored: int
    removed: int
    kept: list[KeptRow]


class ImportedCustomer(ApiSchema):
    """Somebody a list brought."""

    id: int
    name: str
    phone: str = Property(description="masked; ask for the whole number one person at a time")
    email: str | None
    status: LifeName
    batch_id: UUID | None
    invited_at: datetime | None
    registered_at: datetime | None
    created_at: datetime


class ImportedCustomers(ApiSchema):
    """A page of people."""

    customers: list[ImportedCustomer]
    page: int
    limit: int
    total: int


class WholePhone(ApiSchema):
    """A phone number in full."""

    id: int
    phone: str | None


EXAMPLE_ID = "3f0c9a52-7f0e-4b1e-9a37-2d5b1c1e8f10"
EXAMPLE_ROW: dict[str, Any] = {
    "row": 3,
    "outcome": "refused",
    "name": "Ana",
    "phone": "",
    "email": "ana@example.com",
    "isOptedOut": False,
    "changes": [],
    "reasons": ["Invalid phone number format: it is too short"],
    "doubts": [],
    "originalData": {"Name": "Ana", "Mobile": "5550", "Email": "ana@example.com"},
}
EXAMPLE_SUMMARY: dict[str, Any] = {
    "batchId": EXAMPLE_ID,
    "fileName": "clients.csv",
    "status": "ready",
    "totalRows": 812,
    "imported": 790,
    "failed": 9,
    "duplicates": 13,
    "createdBy": "owner@cleanmachine.example",
    "createdAt": "2026-11-21T09:30:00Z",
    "completedAt": None,
}
EXAMPLE_PREVIEW: dict[str, Any] = EXAMPLE_SUMMARY | {
    "counts": {"new": 770, "changed": 18, "merged": 2, "unchanged": 8, "duplicateInFile": 5, "refused": 8, "held": 1, "optedOut": 4},
    "columns": [{"header": "Name", "field": "name"}, {"header": "Mobile", "field": "phone"}],
    "replaceExisting": False,
    "notes": ["Read as Windows-1252."],
    "sameFileAt": None,
    "preview": [EXAMPLE_ROW],
}
EXAMPLE_CONFIRMATION: dict[str, Any] = {
    "batchId": EXAMPLE_ID,
    "status": "processing",
    "imported": 790,
    "failed": 9,
    "duplicates": 13,
    "processed": 400,
    "totalRows": 812,
}
EXAMPLE_STATUS: dict[str, Any] = {
    "batchId": EXAMPLE_ID,
    "status": "processing",
    "message": "",
    "progress": {"processed": 400, "total": 812, "percent": 49},
    "errors": [{"row": 3, "errors": EXAMPLE_ROW["reasons"]}],
    "errorsTotal": 9,
}
EXAMPLE_UNDONE: dict[str, Any] = {
    "batchId": EXAMPLE_ID,
    "status": "undone",
    "restored": 18,
    "removed": 769,
    "kept": [{"row": 17, "reason": "they have points"}],
}
EXAMPLE_ERRORS = "ServicePro row,ServicePro reasons,Name,Mobile\r\n3,Invalid phone number format,Ana,5550"
EXAMPLE_CUSTOMER: dict[str, Any] = {
    "id": 4711,
    "name": "Ana",
    "phone": "+1512•••0142",
    "email": "ana@example.com",
    "status": "imported",
    "batchId": EXAMPLE_ID,
    "invitedAt": None,
    "registeredAt": None,
    "createdAt": "2026-11-21T09:31:12Z",
}
