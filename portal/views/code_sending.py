"""Have a code sent to an address, and let the browser that asked be the one that may enter it."""

from django.http import HttpRequest, HttpResponse

from customers.selectors import Customer
from portal.models import SignInCode
from portal.selectors import cookie_name
from portal.services import ask_for_code
from portal.services.sessions import set_cookie
from portal.types import Address
from servicepro.lib.client_ip import client_ip

COOKIE_SECONDS = 15 * 60


def send_code(
    request: HttpRequest,
    response: HttpResponse,
    address: Address,
    *,
    purpose: str = SignInCode.Purpose.SIGN_IN,
    customer: Customer | None = None,
) -> None:
    """Send a code, and bind it to this browser by a cookie of the response. Raises TooManyCodes and CodesUnavailable."""
    host = request.get_host().partition(":")[0]
    token = ask_for_code(address, ip=client_ip(request), host=host, purpose=purpose, customer=customer)
    set_cookie(response, cookie_name(is_pending=True), token, COOKIE_SECONDS)
