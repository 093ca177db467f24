"""Background work of the delivery engine."""

from celery import shared_task

from messaging.services import reconcile_sends, remove_provider_copies
from tenants.selectors import each_tenant


@shared_task(name="messaging.reconcile_all")
def reconcile_all() -> None:
    """Settle what is in doubt, for every business."""
    for _tenant in each_tenant():
        reconcile_sends()


@shared_task(name="messaging.remove_copies")
def remove_copies() -> None:
    """Ask providers to remove what they keep of erased people, for every business."""
    for _tenant in each_tenant():
        remove_provider_copies()
