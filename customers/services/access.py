"""Write down who saw whose data."""

from typing import Literal

from customers.models import Customer, PersonalDataAccess
from tenants.selectors import User


def record_access(
    *,
    actor: User | None,
    action: Literal["view", "show", "export"],
    how_many: int = 1,
    customer: Customer | None = None,
    subject: str = "",
) -> PersonalDataAccess | None:
    """Add a line to the log of looks at personal data, before the data is handed out; a list of nobody adds none.

    `customer` is the one person, None for a list of `how_many`; `subject` names the list by kind and id ("campaign:12"), never by
    an address. `actor` is None for a command.
    """
    if how_many == 0:
        return None
    return PersonalDataAccess.objects.create(actor=actor, action=action, how_many=how_many, customer=customer, subject=subject[:120])
