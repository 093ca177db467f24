"""Background work of customers."""

import logging
import uuid
from contextlib import suppress

from celery import shared_task
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError
from django_tenants.utils import tenant_context
from kombu.exceptions import OperationalError

from customers.errors import ImportBusy, ImportNotReady, UnknownImport
from customers.selectors import import_by_id, unfinished_imports
from customers.services import apply_import, apply_retention, fail_import
from servicepro.lib.crypto import DecryptionError
from tenants.selectors import each_tenant, tenant_by_schema

logger = logging.getLogger(__name__)
STOPPED = "The list could not be written to its end. What is in stays in; the error report holds the rest."


@shared_task(name="customers.apply_import")
def write_import(schema: str, batch_id: str) -> None:
    """Write a confirmed list. A worker that dies leaves it to the next; what cannot be written ends it."""
    with tenant_context(tenant_by_schema(schema)), suppress(ImportBusy, ImportNotReady, UnknownImport):
        batch = import_by_id(batch_id)
        try:
            apply_import(batch)
        except (DataError, IntegrityError, DecryptionError, ValidationError, ValueError):
            logger.exception("import_failed batch=%s", batch_id)
            fail_import(batch, STOPPED)


def apply_import_soon(schema: str, batch_id: uuid.UUID) -> None:
    """Ask a worker to begin now; where the broker is away, the beat begins within seconds of its return."""
    try:
        write_import.delay(schema, str(batch_id))
    except OperationalError:
        logger.warning("import_not_queued batch=%s", batch_id)


@shared_task(name="customers.resume_imports")
def resume_imports() -> None:
    """Take up every confirmed list that is not written to its end: what a dead worker left, or a broker that was away."""
    for tenant in each_tenant():
        for batch_id in unfinished_imports():
            write_import.delay(tenant.schema_name, str(batch_id))


@shared_task(name="customers.apply_retention")
def let_go() -> None:
    """Let go of what each business keeps longer than it decided."""
    for _tenant in each_tenant():
        apply_retention()
