"""Background work of bookings."""

from celery import shared_task
from django_tenants.utils import tenant_context

from bookings.services import send_notices
from tenants.selectors import each_tenant, tenant_by_schema


@shared_task(name="bookings.send_notices")
def send_notice(schema: str, notice_id: int) -> None:
    """Tell one customer what happened to their appointment."""
    with tenant_context(tenant_by_schema(schema)):
        send_notices(notice_id)


@shared_task(name="bookings.resume_notices")
def resume_notices() -> None:
    """Send every notice that is still open: what a dead worker left, a provider refused for the moment, a broker that was away."""
    for _tenant in each_tenant():
        send_notices()
