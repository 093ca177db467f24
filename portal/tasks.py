"""Background work of the customer's pages."""

from celery import shared_task

from portal.services import clear_portal, expire_old_invitations
from tenants.selectors import each_tenant


@shared_task(name="portal.clear")
def clear() -> None:
    """Forget old codes and sessions of every business."""
    for _tenant in each_tenant():
        clear_portal()


@shared_task(name="portal.expire_invitations")
def expire_invitations() -> None:
    """Let invitations run out whose offer's days are over, in every business."""
    for _tenant in each_tenant():
        expire_old_invitations()
