"""Lists people brought: one batch a file, one row a line of it, with what became of it."""

import uuid
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from servicepro.lib.fields import EncryptedPhoneField, EncryptedTextField


class ImportBatch(models.Model):
    """One customer list, from the upload to the undo.

    While it is ready, the counts say what confirming would do; once it is completed, what was done. They always add up:
    `total_records` = `successful_imports` + `failed_imports` + `duplicate_skipped`.
    """

    class Status(models.TextChoices):
        """Where the list stands."""

        READY = "ready"
        QUEUED = "queued"
        PROCESSING = "processing"
        COMPLETED = "completed"
        FAILED = "failed"
        UNDONE = "undone"
        DISCARDED = "discarded"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_by = models.CharField(max_length=254, blank=True, help_text="the email address of who brought it")
    file_name = models.CharField(max_length=255)
    file_digest = models.CharField(max_length=32, help_text="keyed: tells the same file again, and nothing to anybody else")
    file_format = models.CharField(max_length=8)
    headers = models.JSONField(default=list)
    mapping = models.JSONField(default=list, help_text="what each column holds, in the order of the headers")
    notes = models.JSONField(default=list, help_text="how the file was read, in sentences")
    overlong_rows = models.JSONField(default=list, help_text="the numbers of rows with a cell that was cut")
    replace_existing = models.BooleanField(default=False, help_text="the list also overwrites what is already known")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.READY)
    total_records = models.PositiveIntegerField(default=0)
    successful_imports = models.PositiveIntegerField(default=0, help_text="new, changed and merged")
    failed_imports = models.PositiveIntegerField(default=0, help_text="refused and held")
    duplicate_skipped = models.PositiveIntegerField(default=0, help_text="unchanged, and repeated inside the file")
    new_count = models.PositiveIntegerField(default=0)
    changed_count = models.PositiveIntegerField(default=0)
    merged_count = models.PositiveIntegerField(default=0)
    unchanged_count = models.PositiveIntegerField(default=0)
    duplicate_in_file_count = models.PositiveIntegerField(default=0)
    refused_count = models.PositiveIntegerField(default=0)
    held_count = models.PositiveIntegerField(default=0)
    opted_out_count = models.PositiveIntegerField(default=0, help_text="people of the list who are not written to")
    processed = models.PositiveIntegerField(default=0, help_text="rows that are done with")
    error_message = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(total_records=F("successful_imports") + F("failed_imports") + F("duplicate_skipped")),
                name="import_counts_add_up",
            ),
            models.CheckConstraint(condition=Q(processed__lte=F("total_records")), name="import_progress_within_total"),
        ]
        indexes = [
            models.Index(fields=["-created_at"], name="import_recent"),
            models.Index(fields=["file_digest"], name="import_same_file"),
        ]

    def __str__(self) -> str:
        return self.file_name


class ImportRow(models.Model):
    """One line of a list: what it says, what it does, and afterwards what it did.

    Name and email stand in the clear as on the customer, so that a batch is written by the database alone; all else that could
    tell who somebody is is encrypted.
    """

    class Outcome(models.TextChoices):
        """What a row does; nothing is ever done in silence."""

        NEW = "new"
        CHANGED = "changed"
        MERGED = "merged"
        UNCHANGED = "unchanged"
        DUPLICATE_IN_FILE = "duplicate_in_file"
        REFUSED = "refused"
        HELD = "held"

    # Without an index of its own: the unique constraint below begins with this column.
    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="rows", db_index=False)
    row_number = models.PositiveIntegerField(help_text="as the owner's own program shows it")
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    name = models.CharField(max_length=255, blank=True)
    phone = EncryptedPhoneField(null=True)
    email = models.CharField(max_length=254, null=True)
    other_phones = EncryptedTextField(null=True, help_text="JSON: list of E.164 numbers")
    birthday = models.DateField(null=True)
    notes = EncryptedTextField(null=True)
    tags = ArrayField(models.TextField(), default=list)
    extra = EncryptedTextField(null=True, help_text="JSON: header to value")
    sms_consent = models.BooleanField(null=True)
    whatsapp_consent = models.BooleanField(null=True)
    marketing_consent = models.BooleanField(null=True)
    opted_out = models.BooleanField(default=False)
    consent_at = models.DateTimeField(null=True)
    consent_source = models.CharField(max_length=200, blank=True)
    original = EncryptedTextField(help_text="JSON: the cells in the order of the headers")
    changes = EncryptedTextField(null=True, help_text="JSON: field to [old, new], for a row that meets somebody known")
    reasons = models.JSONField(default=list, help_text="why it is not used, in sentences")
    doubts = models.JSONField(default=list, help_text="what was left out of it, in sentences")
    is_opted_out = models.BooleanField(default=False, help_text="this person is not written to, by the list or from before")
    held_for = ArrayField(models.BigIntegerField(), default=list, help_text="the customers a held row would join")
    customer = models.ForeignKey("customers.Customer", null=True, on_delete=models.SET_NULL, related_name="+")
    applied_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    kept_reason = models.CharField(max_length=200, blank=True, help_text="why undoing left something of it")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "row_number"], name="import_row_once")]

    def __str__(self) -> str:
        return f"Row {self.row_number}"
