"""Take a person out of what was written down about actions: who did what and when stays, texts about them go."""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.models import LogEntry

from tenants.accounts.models import AuditEntry


def blank_audit_texts(subjects: Sequence[str]) -> int:
    """Keep only numbers in the details of what was done to `subjects`; return how many entries held a text.

    Runs inside erasing a person, the one transaction in which the audit trail may be changed.
    """
    wordy = [entry for entry in AuditEntry.objects.filter(subject__in=subjects) if _without_texts(entry.details) != entry.details]
    for entry in wordy:
        AuditEntry.objects.filter(pk=entry.pk).update(details=_without_texts(entry.details))
    return len(wordy)


def _without_texts(details: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in details.items() if isinstance(value, int | float | None)}


def blank_admin_history(app: str, model: str, ids: Sequence[str], *, surrogate: str) -> int:
    """Put the surrogate in place of a record's name in the admin's own history; return how many entries there are."""
    entries = LogEntry.objects.filter(content_type__app_label=app, content_type__model=model, object_id__in=ids)
    return entries.update(object_repr=surrogate[:200], change_message="")
