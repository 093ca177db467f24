"""Background work of the customer's pages."""

from celery import shared_task

from portal.services import clear_portal
from tenants.selectors import each_tenant


@shared_task(name="portal.clear")
def clear() -> None:
    """Forget old codes and sessions of every business."""
    for _tenant in each_tenant():
        clear_portal()
