"""What a customer changes or takes along from their own pages."""

from customers.selectors import Customer
from customers.services import (
    PersonExport,
    change_email,
    choose_channel,
    export_person,
    leave_alone,
    permissions_since_unsubscribing,
    person_of,
    records_of,
    suppress,
)
from customers.types import Said
from loyalty.services import tell_old_contacts
from portal.models import SignInCode
from portal.services.background import soon
from portal.services.codes import use_code
from portal.services.limits import count_download
from servicepro.lib.errors import Conflict
from tenants.services import record_action


def unsubscribe_email(*, target_id: int, email: str | None) -> bool:
    """Stop emails to the address this link was sent to; return whether that was news.

    A second time changes nothing, and counts again for who had changed their mind in between.
    """
    if not email:
        return False
    again = permissions_since_unsubscribing(email)
    event_key = f"unsubscribe:target:{target_id}" + (f":{again}" if again else "")
    return suppress(channel="email", address=email, reason="unsubscribe", event_key=event_key)


def choose_by_link(customer: Customer, *, target_id: int, channel: str, is_wanted: bool, wording: str) -> bool:
    """Record what somebody chose on the page behind a message's link; return whether it changed anything."""
    return choose_channel(customer, channel=channel, is_wanted=is_wanted, said=_by_link(target_id, wording))


def leave_alone_by_link(customer: Customer, *, target_id: int, wording: str) -> bool:
    """Record that somebody wants no offers any more, on that page; return whether that was news."""
    return leave_alone(customer, said=_by_link(target_id, wording))


def _by_link(target_id: int, wording: str) -> Said:
    return Said(wording, source="link", actor=f"target:{target_id}")


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
