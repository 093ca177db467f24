"""Open the pages a reviewer will open, as a stranger would: one look, no cookies, nothing that stands inside our own network."""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable
from urllib.parse import SplitResult, urljoin, urlsplit

SECONDS_MAX = 5.0
REDIRECTS_MAX = 3
GONE = (404, 410)  # any other answer may be meant for a program only; a reviewer's browser may be let in
NO_ADDRESS = "there is no website at this address"
NO_ANSWER = "the website did not answer"
NO_PAGE = "the website has no such page"
NOT_PUBLIC = "this is not an address that everybody can open"


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public internet."""
    place = ipaddress.ip_address(address.partition("%")[0])
    place = getattr(place, "ipv4_mapped", None) or place
    return place.is_global and not place.is_multicast


def why_closed(url: str, *, allows: Callable[[str], bool] = is_public) -> str:
    """Return why a page does not open, as part of a sentence; empty where it does, or where only programs are kept out.

    `allows` says of each IP address whether it may be asked: nobody reads our own network through a form.
    """
    for _turn in range(REDIRECTS_MAX + 1):
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            return NO_ADDRESS
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return NO_ADDRESS
        try:
            found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return NO_ADDRESS
        if not all(allows(str(place[4][0])) for place in found):
            return NOT_PUBLIC
        try:
            status, further = _look(parts, port, str(found[0][4][0]))
        except (OSError, http.client.HTTPException, ValueError):
            return NO_ANSWER
        if not further:
            return NO_PAGE if status in GONE else ""
        url = urljoin(url, further)
    return NO_ANSWER


def _look(parts: SplitResult, port: int, address: str) -> tuple[int, str]:
    """Ask once, at the address that was checked, and return the status and where it leads on."""
    host = parts.hostname or ""
    if parts.scheme == "https":
        asked: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, port, timeout=SECONDS_MAX, context=ssl.create_default_context()
        )
    else:
        asked = http.client.HTTPConnection(host, port, timeout=SECONDS_MAX)
    # The name could mean another address by the time it is looked up again.
    asked._create_connection = lambda _place, *rest, **more: socket.create_connection((address, port), SECONDS_MAX)  # type: ignore[attr-defined]
    try:
        asked.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), headers={"User-Agent": "ServicePro"})
        answer = asked.getresponse()
        further = answer.getheader("Location") or "" if 300 <= answer.status < 400 else ""
        return answer.status, further
    finally:
        asked.close()
