"""Where a request came from, for counting and never for deciding who somebody is."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

NETWORK_BITS = 64  # one household or phone has a whole IPv6 network, and could count from a new address each time


def client_ip(request: HttpRequest) -> str:
    """Return the address a request came from, an IPv6 one as its network, or "unknown".

    Behind `PROXY_HOPS` proxies each adds one entry to X-Forwarded-For; what stands further left anybody can write.
    """
    text: str = request.META.get("REMOTE_ADDR", "")
    if settings.PROXY_HOPS:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        text = hops[-settings.PROXY_HOPS] if len(hops) >= settings.PROXY_HOPS else text
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.ip_network((address, NETWORK_BITS), strict=False))
    return str(address)
