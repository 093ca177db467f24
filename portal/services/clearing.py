"""Forget old codes and sessions."""

import datetime

from django.utils import timezone

from portal.models import PortalSession, SignInCode
from portal.selectors import ABSOLUTE

CODES_KEPT = datetime.timedelta(days=2)  # long enough to see what became of a message somebody asks about
BATCH_ROWS = 5_000


def clear_portal() -> tuple[int, int]:
    """Delete codes of the day before yesterday and sessions that opened before the longest one lasts; return how many of each."""
    now = timezone.now()
    return _clear(SignInCode, now - CODES_KEPT), _clear(PortalSession, now - ABSOLUTE)


def _clear(model: type[SignInCode] | type[PortalSession], before: datetime.datetime) -> int:
    gone = 0
    while True:
        ids = list(model._default_manager.filter(created_at__lt=before).order_by("created_at").values_list("pk", flat=True)[:BATCH_ROWS])
        if not ids:
            return gone
        gone += model._default_manager.filter(pk__in=ids).delete()[0]
