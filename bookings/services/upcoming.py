"""How many appointments somebody can have coming up, so that nobody blocks a calendar with times they do not mean to use.

Whoever books stands in line for their person, phone and email until the transaction ends, also at two places at once.
"""

from django.db.models import Q
from django.utils import timezone

from bookings.errors import TooManyUpcoming
from bookings.models import Booking
from bookings.policy import upcoming_problem
from bookings.types import Contact
from servicepro.lib.fields import phone_tag
from servicepro.lib.tenancy import connection

LOCK_SPACE = 7_154  # separates these locks from any other use


def hold_room(*, customer_id: int, contact: Contact, is_guest: bool) -> None:
    """Make sure that a person may have one more appointment, and that nobody books for them until the transaction ends.

    `customer_id` is the record that stands for the person. A guest is held to what was typed as well, which others may have typed
    before; who signed in is held to what is theirs. Raises TooManyUpcoming.
    """
    whose = Q(customer_id=customer_id) | Q(customer__same_person_as_id=customer_id)
    names = [f"customer:{customer_id}"]
    if contact.phone and is_guest:
        whose |= Q(contact_phone=contact.phone)
        names.append(f"phone:{phone_tag(contact.phone)}")
    if contact.email and is_guest:
        whose |= Q(contact_email=contact.email)
        names.append(f"email:{contact.email}")
    _stand_in_line(names)
    coming = Booking.objects.filter(whose, status=Booking.Status.CONFIRMED, starts_at__gt=timezone.now()).count()
    if problem := upcoming_problem(coming, is_guest=is_guest):
        raise TooManyUpcoming(problem)


def _stand_in_line(names: list[str]) -> None:
    """Take a lock for each name, always in the same order, so that two who share names wait instead of deadlocking."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, key) FROM (SELECT DISTINCT hashtext(name) AS key FROM unnest(%s::text[]) name ORDER BY 1) k",
            [LOCK_SPACE, [f"{connection.schema_name}:{name}" for name in names]],
        )
