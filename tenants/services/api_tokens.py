"""Make and revoke the keys of the API, and tell whose key it is."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from tenants.accounts.api_tokens import hash_secret
from tenants.accounts.models import ApiToken, User
from tenants.errors import BadToken, UnknownToken
from tenants.services.provisioning import record_action
from tenants.types import ApiScope

MARK = "sp"  # what secret scanners may look for
PREFIX_BYTES, SECRET_BYTES = 5, 32
NAME_LENGTH_MAX = 80
LIVE_TOKENS_MAX = 20
LAST_USED_EVERY = timedelta(minutes=1)  # so that a busy program does not write with every question


def create_api_token(*, actor: User, name: str, scopes: Collection[str], expires_at: datetime | None = None) -> tuple[ApiToken, str]:
    """Make a key and return it with the whole text of it, which nobody can read again. Raises BadToken."""
    name = " ".join(name.split())
    known = {str(scope) for scope in ApiScope}
    if not 0 < len(name) <= NAME_LENGTH_MAX:
        raise BadToken(f"Give the key a name of at most {NAME_LENGTH_MAX} characters that says where it is used.")
    if not scopes or set(scopes) - known:
        raise BadToken("Tick at least one thing the key may do.")
    if expires_at is not None and expires_at <= timezone.now():
        raise BadToken("The last day is in the past: choose a later one.")
    if live_api_tokens().count() >= LIVE_TOKENS_MAX:
        raise BadToken(f"There are {LIVE_TOKENS_MAX} keys already. Revoke one that is not used any more.")
    prefix, secret = f"{MARK}_{secrets.token_hex(PREFIX_BYTES)}", secrets.token_urlsafe(SECRET_BYTES)
    with transaction.atomic():
        token = ApiToken.objects.create(
            name=name, prefix=prefix, secret_hash=hash_secret(secret), scopes=sorted(scopes), created_by=actor, expires_at=expires_at
        )
        record_action(actor, "api_token_created", f"api_token:{token.pk}", scopes=token.scopes)
    return token, f"{prefix}.{secret}"


def revoke_api_token(*, actor: User, token_id: int) -> ApiToken:
    """Shut a key for good; a second time changes nothing. Raises UnknownToken."""
    with transaction.atomic():
        token = ApiToken.objects.select_for_update().filter(pk=token_id).first()
        if token is None:
            raise UnknownToken("There is no such key.")
        if token.revoked_at is None:
            token.revoked_at = timezone.now()
            token.save(update_fields=["revoked_at"])
            record_action(actor, "api_token_revoked", f"api_token:{token.pk}")
    return token


def live_api_tokens() -> QuerySet[ApiToken]:
    """Return the keys that still open something."""
    return ApiToken.objects.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), revoked_at=None)


def api_token_by_secret(text: str) -> ApiToken | None:
    """Return the living key that reads `text`, noting that it was used, or None; a key outlives neither its maker's role nor account."""
    prefix, _dot, secret = text.partition(".")
    token = ApiToken.objects.select_related("created_by").filter(prefix=prefix).first() if secret else None
    now = timezone.now()
    if token is None or not constant_time_compare(token.secret_hash, hash_secret(secret)):
        return None
    if not token.is_alive(now) or not token.created_by.is_owner:
        return None
    if token.last_used_at is None or token.last_used_at < now - LAST_USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token
