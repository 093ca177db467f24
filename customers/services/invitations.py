"""How far invited people have come: when they were invited, and whose invitation has run out."""

import datetime
from collections.abc import Collection

from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from customers.models import Customer
from servicepro.lib.tenancy import connection

_MARK = """
UPDATE customers_customer SET invited_at = %(at)s, expired_at = NULL, updated_at = now()
 WHERE registered_at IS NULL AND (invited_at IS NULL OR invited_at < %(at)s) AND erased_as IS NULL
   AND (id = ANY(%(ids)s) OR same_person_as_id = ANY(%(ids)s)
        OR id IN (SELECT same_person_as_id FROM customers_customer WHERE id = ANY(%(ids)s)))
"""


def mark_invited(customer_ids: Collection[int], at: datetime.datetime) -> int:
    """Note that an invitation reached people, on all records of each; return how many records that changed.

    The newest invitation counts, and one after an expired one opens it again. Who is registered already stays as they are.
    """
    if not customer_ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_MARK, {"ids": sorted(set(customer_ids)), "at": at})
        return int(cursor.rowcount)


def waiting_invitations(*, before: datetime.datetime, after_id: int = 0, limit: int = 1_000) -> list[tuple[int, int]]:
    """Return (customer id, id of the record that stands for the person) of records invited before a time and not registered, by id."""
    found = _waiting().filter(invited_at__lt=before, pk__gt=after_id).order_by("pk")
    return list(found.values_list("pk", Coalesce("same_person_as_id", "pk"))[:limit])


def expire_invitations(customer_ids: Collection[int], *, before: datetime.datetime) -> int:
    """Let invitations of some people from before a time run out; return how many. Who registered meanwhile, or was invited anew, stays."""
    now = timezone.now()
    return _waiting().filter(pk__in=customer_ids, invited_at__lt=before).update(expired_at=now, updated_at=now)


def _waiting() -> QuerySet[Customer]:
    waiting = Customer.objects.filter(invited_at__isnull=False, registered_at=None, expired_at=None, erased_as=None)
    return waiting.exclude(same_person_as__registered_at__isnull=False)
