"""Bring a list of customers in, see what it would do, write it once, and take it back."""

from customers.services.imports.applying import apply_import, confirm_import, fail_import
from customers.services.imports.planning import Upload, discard_import, plan_import, preview_import, remap_import
from customers.services.imports.reports import error_report, export_customers
from customers.services.imports.undoing import UNDO_DAYS, undo_import, undo_report

__all__ = [
    "UNDO_DAYS",
    "Upload",
    "apply_import",
    "confirm_import",
    "discard_import",
    "error_report",
    "export_customers",
    "fail_import",
    "plan_import",
    "preview_import",
    "remap_import",
    "undo_import",
    "undo_report",
]
