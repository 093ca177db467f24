"""Whether the carriers take this business's texts in the US."""

import logging

from django.utils import timezone

from messaging.models import UsTexting
from servicepro.lib.tenancy import connection

logger = logging.getLogger(__name__)


def set_us_texting(is_approved: bool) -> bool:
    """Write down that the registration was approved, or is not any more; return whether that is news."""
    row, is_new = UsTexting.objects.get_or_create(pk=1, defaults={"is_approved": is_approved, "changed_at": timezone.now()})
    if is_new:
        is_news = is_approved
    else:
        changed = UsTexting.objects.filter(pk=row.pk).exclude(is_approved=is_approved)
        is_news = bool(changed.update(is_approved=is_approved, changed_at=timezone.now()))
    if is_news:
        logger.info("us_texting tenant=%s approved=%s", connection.schema_name, is_approved)
    return is_news
