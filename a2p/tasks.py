"""Background work of registrations."""

import logging

from celery import shared_task

from a2p.services import refresh_open
from servicepro.lib.errors import ServiceProError
from tenants.selectors import each_tenant

logger = logging.getLogger(__name__)


@shared_task(name="a2p.refresh_open")
def refresh_open_everywhere() -> None:
    """Ask after the registrations of every business that wait for somebody's review, and go on with what waited."""
    for tenant in each_tenant():
        try:
            refresh_open()
        except ServiceProError as trouble:  # it is recorded there; the next business has done nothing wrong
            logger.warning("a2p_refresh_failed tenant=%s error=%s", tenant.schema_name, trouble.code)
