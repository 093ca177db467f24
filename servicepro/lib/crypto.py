"""Encrypt what identifies a person, and make tags that find it again without decrypting.

Two independent secrets. FIELD_KEYS is a key ring ("kid:base64,kid:base64"; the first key writes, every key reads), so a key can
be replaced row by row. ADDRESS_KEY makes the tags: keyed hashes that are unique per tenant and never change when the ring turns,
which is what lets the database hold "one row per phone" while the ciphertext beside it is being rewritten.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from django.conf import settings

AddressKind = Literal["phone", "email"]

TAG_BYTES = 16  # 128 bits: a collision inside one tenant is out of reach, and the tag stays 22 characters long
NONCE_BYTES = 12


class DecryptionError(Exception):
    """A stored value could not be read: its key has left the ring, or the value was moved or altered."""


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@lru_cache(maxsize=8)
def parse_key_ring(text: str) -> dict[str, bytes]:
    """Return the key ring as {key id: 64 bytes}, writing key first. Raises ValueError where an entry is malformed."""
    ring: dict[str, bytes] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        key_id, _, encoded = entry.partition(":")
        secret = base64.b64decode(encoded)
        if not key_id.isalnum() or len(secret) != 64:
            raise ValueError("FIELD_KEYS needs entries like k1:<64 random bytes in base64>, separated by commas.")
        ring[key_id] = secret
    if not ring:
        raise ValueError("FIELD_KEYS is empty: at least one key is needed.")
    return ring


def writing_key_id() -> str:
    """Return the id of the key that new values are written with."""
    return next(iter(parse_key_ring(settings.FIELD_KEYS)))


@lru_cache(maxsize=64)
def _siv(ring: str, key_id: str) -> AESSIV:
    return AESSIV(parse_key_ring(ring)[key_id])


@lru_cache(maxsize=64)
def _gcm(ring: str, key_id: str) -> AESGCM:
    # A key of its own for the random-nonce cipher: one key, one algorithm.
    return AESGCM(hashlib.sha256(b"text:v1:" + parse_key_ring(ring)[key_id]).digest())


@cache
def _tag_key(secret: str, tenant: str, kind: AddressKind) -> hmac.HMAC:
    root = base64.b64decode(secret)
    key = hmac.new(root, f"{kind}:v1:{tenant}".encode(), hashlib.sha256).digest()
    return hmac.new(key, digestmod=hashlib.sha256)


def address_tag(tenant: str, kind: AddressKind, value: str) -> str:
    """Return the tenant's keyed hash of an address: 22 URL-safe characters, the same for equal values, across key rotations.

    `value` is an E.164 number or a lower-case email address. Other tenants get other tags for the same value.
    """
    mac = _tag_key(settings.ADDRESS_KEY, tenant, kind).copy()
    mac.update(value.encode())
    return _b64(mac.digest()[:TAG_BYTES])


def derive_key(purpose: str) -> bytes:
    """Return 32 bytes for one purpose (link signatures, attempt ids), derived from SECRET_KEY."""
    return _derived(settings.SECRET_KEY, purpose)


@lru_cache(maxsize=64)
def _derived(secret: str, purpose: str) -> bytes:
    return hashlib.sha256(f"servicepro:{purpose}:{secret}".encode()).digest()


def encrypt_address(tenant: str, kind: AddressKind, value: str) -> str:
    """Return "tag.key id.ciphertext" of an address; equal inputs give equal outputs within a tenant and key."""
    ring, key_id = settings.FIELD_KEYS, writing_key_id()
    sealed = _siv(ring, key_id).encrypt(value.encode(), [tenant.encode(), kind.encode()])
    return f"{address_tag(tenant, kind, value)}.{key_id}.{_b64(sealed)}"


def decrypt_address(tenant: str, kind: AddressKind, stored: str) -> str:
    """Return the address behind "tag.key id.ciphertext". Raises DecryptionError."""
    try:
        _tag, key_id, sealed = stored.split(".")
        return _siv(settings.FIELD_KEYS, key_id).decrypt(_unb64(sealed), [tenant.encode(), kind.encode()]).decode()
    except (ValueError, KeyError, InvalidTag) as error:
        raise DecryptionError("A stored address cannot be decrypted with the present keys.") from error


def tag_of(stored: str) -> str:
    """Return the tag of a stored address without decrypting it."""
    return stored.partition(".")[0]


def key_id_of(stored: str) -> str:
    """Return the id of the key a stored value was written with ("tag.kid.…" or "kid.…")."""
    return stored.split(".")[-2]


def encrypt_text(tenant: str, text: str) -> str:
    """Return "key id.ciphertext" of a text, with a random nonce: equal texts look different, there is no lookup."""
    ring, key_id = settings.FIELD_KEYS, writing_key_id()
    nonce = os.urandom(NONCE_BYTES)
    return f"{key_id}.{_b64(nonce + _gcm(ring, key_id).encrypt(nonce, text.encode(), tenant.encode()))}"


def decrypt_text(tenant: str, stored: str) -> str:
    """Return the text behind "key id.ciphertext". Raises DecryptionError."""
    try:
        key_id, _, sealed = stored.partition(".")
        raw = _unb64(sealed)
        return _gcm(settings.FIELD_KEYS, key_id).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], tenant.encode()).decode()
    except (ValueError, KeyError, InvalidTag) as error:
        raise DecryptionError("A stored text cannot be decrypted with the present keys.") from error


def address_tags(tenant: str, kind: AddressKind, values: Iterable[str]) -> list[str]:
    """Return the tag of each address, as `address_tag` does one by one."""
    key, tags = _tag_key(settings.ADDRESS_KEY, tenant, kind), []
    for value in values:
        mac = key.copy()
        mac.update(value.encode())
        tags.append(_b64(mac.digest()[:TAG_BYTES]))
    return tags


def encrypt_addresses(tenant: str, kind: AddressKind, values: Sequence[str]) -> list[str]:
    """Return what is stored for each address, as `encrypt_address` does one by one."""
    key_id = writing_key_id()
    seal, bound_to = _siv(settings.FIELD_KEYS, key_id).encrypt, [tenant.encode(), kind.encode()]
    tags = address_tags(tenant, kind, values)
    return [f"{tag}.{key_id}.{_b64(seal(value.encode(), bound_to))}" for tag, value in zip(tags, values, strict=True)]


def encrypt_texts(tenant: str, texts: Sequence[str]) -> list[str]:
    """Return what is stored for each text, as `encrypt_text` does one by one."""
    key_id = writing_key_id()
    seal, bound_to = _gcm(settings.FIELD_KEYS, key_id).encrypt, tenant.encode()
    nonces = os.urandom(NONCE_BYTES * len(texts))
    stored = []
    for start, text in zip(range(0, len(nonces), NONCE_BYTES), texts, strict=True):
        nonce = nonces[start : start + NONCE_BYTES]
        stored.append(f"{key_id}.{_b64(nonce + seal(nonce, text.encode(), bound_to))}")
    return stored
