"""Where a request to Twilio goes: its own host, or another server that has each product under a path of its own."""

from urllib.parse import urlsplit


def provider_address(base_url: str, url: str) -> str:
    """Return `url` below `base_url`, the product's name (api, messaging, trusthub…) first; as it is where there is no base."""
    if not base_url:
        return url
    parts = urlsplit(url)
    product = parts.netloc.split(".")[0]
    return f"{base_url.rstrip('/')}/{product}{parts.path}" + (f"?{parts.query}" if parts.query else "")
