"""Everything that changes something on the customer's side of the house."""

from portal.services.access import CustomerSession, customer_session, signed_in
from portal.services.clearing import clear_portal
from portal.services.codes import ask_for_code, use_code
from portal.services.profile import take_my_data, unsubscribe_email, use_email_code
from portal.services.sessions import end_every_session, end_session, open_session

__all__ = [
    "CustomerSession",
    "ask_for_code",
    "clear_portal",
    "customer_session",
    "end_every_session",
    "end_session",
    "open_session",
    "signed_in",
    "take_my_data",
    "unsubscribe_email",
    "use_code",
    "use_email_code",
]
