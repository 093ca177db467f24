"""What a customer changes or takes along from their own pages."""

from customers.selectors import Customer
from customers.services import PersonExport, change_email, export_person, person_of, records_of, suppress
from loyalty.services import tell_old_contacts
from portal.models import SignInCode
from portal.services.background import soon
from portal.services.codes import use_code
from portal.services.limits import count_download
from servicepro.lib.errors import Conflict
from tenants.services import record_action


def unsubscribe_email(*, target_id: int, email: str | None) -> bool:
    """Stop emails to the address this link was sent to; return whether that was news. A second time changes nothing."""
    if not email:
        return False
    return suppress(channel="email", address=email, reason="unsubscribe", event_key=f"unsubscribe:target:{target_id}")


def use_email_code(customer: Customer, *, browser_token: str, typed: str) -> str:
    """Give somebody the email address whose code they typed, and return it; the address before is told, and points rest.

    Raises WrongCode, and BadCustomer where another person has the address.
    """
    row = use_code(browser_token=browser_token, typed=typed, purpose=SignInCode.Purpose.CHANGE_EMAIL)
    if row.customer is None or (row.customer.same_person_as_id or row.customer.pk) != customer.pk:
        raise Conflict("This code was asked for by somebody else. Please start again.")
    email = row.address
    old = change_email(customer, email)
    if old and old != email:
        soon(tell_old_contacts)
    return email


def take_my_data(customer: Customer) -> PersonExport:
    """Return everything held about the signed-in person; recorded. Raises TooManyCodes, Conflict.

    The owner's own export goes by shared addresses as well. Here that could hand out somebody else's record because a list gave it a
    wrong email, so where an unjoined record shares an address a person has to look first.
    """
    count_download(customer.pk)
    own = set(records_of(customer).values_list("pk", flat=True))
    if not set(person_of(customer).customer_ids) <= own:
        record_action(None, "customer_export_waits", f"customer:{customer.pk}", reason="another record shares an address")
        raise Conflict("We have to look at this first, because another record shares your phone or email. Please write to us.")
    return export_person(customer, actor=None)
