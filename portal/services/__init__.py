"""Everything that changes something on the customer's side of the house."""

from portal.services.access import AppSession, CustomerSession, app_only, customer_session, signed_in
from portal.services.clearing import clear_portal
from portal.services.codes import ask_for_code, use_code
from portal.services.profile import choose_by_link, leave_alone_by_link, take_my_data, unsubscribe_email, use_email_code
from portal.services.registration import (
    claim_promised,
    complete_registration,
    expire_old_invitations,
    register,
    register_by_app,
)
from portal.services.sessions import end_app_session, end_every_session, end_session, open_app_session, open_session

__all__ = [
    "AppSession",
    "CustomerSession",
    "app_only",
    "ask_for_code",
    "choose_by_link",
    "claim_promised",
    "clear_portal",
    "complete_registration",
    "customer_session",
    "end_app_session",
    "end_every_session",
    "end_session",
    "expire_old_invitations",
    "leave_alone_by_link",
    "open_app_session",
    "open_session",
    "register",
    "register_by_app",
    "signed_in",
    "take_my_data",
    "unsubscribe_email",
    "use_code",
    "use_email_code",
]
