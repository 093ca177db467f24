"""Short signed tokens for links in texts, where every character costs."""

import base64
import hashlib
import hmac
from functools import lru_cache

from django.conf import settings

from servicepro.lib.crypto import derive_key

SIGNATURE_BYTES = 9  # 72 bits in 12 characters: not guessable online, and short enough for a text
SIGNATURE_CHARACTERS = SIGNATURE_BYTES * 4 // 3


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@lru_cache(maxsize=256)
def _keyed(secret: str, purpose: str, scope: str) -> hmac.HMAC:
    # `secret` is part of the cache key alone: another SECRET_KEY makes other signatures.
    return hmac.new(derive_key(purpose), scope.encode() + b"\0", hashlib.sha256)


def _signature(purpose: str, scope: str, payload: bytes) -> bytes:
    mac = _keyed(settings.SECRET_KEY, purpose, scope).copy()
    mac.update(payload)
    return mac.digest()[:SIGNATURE_BYTES]


def sign_bytes(purpose: str, scope: str, payload: bytes) -> str:
    """Return a URL-safe token for `payload`, valid for this purpose and scope (the tenant) alone."""
    return f"{_encode(payload)}-{_encode(_signature(purpose, scope, payload))}"


def unsign_bytes(purpose: str, scope: str, token: str) -> bytes | None:
    """Return the payload of a token, or None where it is not, to the letter, what `sign_bytes` made for this purpose and scope."""
    encoded = token[: -SIGNATURE_CHARACTERS - 1]
    try:
        payload = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        given = token.encode("ascii")
    except ValueError:
        return None
    return payload if hmac.compare_digest(given, sign_bytes(purpose, scope, payload).encode()) else None


def sign_number(purpose: str, scope: str, number: int) -> str:
    """Return a token for a number from 0 up. Raises OverflowError for a negative one."""
    return sign_bytes(purpose, scope, number.to_bytes(max(1, (number.bit_length() + 7) // 8)))


def unsign_number(purpose: str, scope: str, token: str) -> int | None:
    """Return the number of a token, or None."""
    payload = unsign_bytes(purpose, scope, token)
    return None if payload is None else int.from_bytes(payload)
