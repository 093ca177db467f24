"""Background work of registrations."""

import logging
import time

from celery import shared_task
from django_tenants.utils import tenant_context

from a2p.services import due_since, refresh_open
from servicepro.lib.errors import ServiceProError
from tenants.selectors import each_tenant

logger = logging.getLogger(__name__)
TURN_SECONDS = 600.0  # the provider is asked slowly; whoever is left is first in the next turn


@shared_task(name="a2p.refresh_open")
def refresh_open_everywhere() -> None:
    """Ask after the registrations of every business that wait for a review, longest unasked first, and go on with what waited."""
    ends = time.monotonic() + TURN_SECONDS
    due = [(since, tenant) for tenant in each_tenant() if (since := due_since())]
    for _since, tenant in sorted(due, key=lambda row: row[0]):
        if time.monotonic() > ends:
            break
        with tenant_context(tenant):
            try:
                refresh_open()
            except ServiceProError as trouble:  # it is recorded there; the next business has done nothing wrong
                logger.warning("a2p_refresh_failed tenant=%s error=%s", tenant.schema_name, trouble.code)
