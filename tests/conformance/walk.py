"""Every route of the application with values for its parameters, and a fingerprint of everything it stores."""

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.contrib import admin
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver

from bookings.models import Booking
from bookings.selectors import manage_token
from campaigns.models import Campaign, Target
from campaigns.selectors import INVITATION_LINK, OFFER_LINK, PREFERENCES_LINK, UNSUBSCRIBE_LINK
from customers.models import Customer, CustomerMerge, ErasureCertificate, ImportBatch, MergeProposal
from loyalty.models import AdjustmentRequest, WelcomeOffer
from messaging.models import Line
from servicepro.lib.signing import sign_number
from tenants.accounts.models import ApiToken, User

QUIET_TABLES = {"django_session", "django_migrations"}


@dataclass(frozen=True, slots=True)
class Route:
    """One address of the application."""

    pattern: str
    name: str
    path: str
    needs: frozenset[str]


def _first(model: type) -> str:
    return str(model.objects.order_by("pk").values_list("pk", flat=True).first() or 1)


def _campaign(kind: str) -> str:
    return str(Campaign.objects.filter(kind=kind).order_by("pk").values_list("pk", flat=True).first() or 1)


def _record(pattern: str) -> str:
    """Return the id of a record of the model whose admin page this is."""
    found = re.match(r"admin/(\w+)/(\w+)/", pattern)
    models = {(model._meta.app_label, model._meta.model_name): model for model in admin.site._registry}
    return _first(models[found.groups()]) if found else "1"


def _token(pattern: str) -> str:
    if pattern.startswith("b/"):
        return manage_token(Booking.objects.order_by("pk").first() or Booking())
    purpose = {"o": OFFER_LINK, "i": INVITATION_LINK, "p": PREFERENCES_LINK}.get(pattern.partition("/")[0], UNSUBSCRIBE_LINK)
    return sign_number(purpose, connection.schema_name, int(_first(Target)))


# What a parameter may stand for; a route with a parameter that is not here fails the walk until somebody adds it.
PROVIDERS: dict[str, Callable[[str], str]] = {
    "campaign_id": lambda pattern: _campaign("invitation" if pattern.startswith("admin/invitations/") else "port_recovery"),
    "line_id": lambda _pattern: _first(Line),
    "recording": lambda _pattern: "RE" + "1" * 32,
    "target_id": lambda _pattern: _first(Target),
    "token": _token,
    "token_id": lambda _pattern: _first(ApiToken),
    "batch_id": lambda _pattern: str(ImportBatch.objects.latest("created_at").pk),
    "customer_id": lambda _pattern: _first(Customer),
    "certificate_id": lambda _pattern: str(ErasureCertificate.objects.values_list("pk", flat=True).first() or uuid.UUID(int=1)),
    "proposal_id": lambda _pattern: _first(MergeProposal),
    "file_type": lambda _pattern: "csv",
    "offer_id": lambda _pattern: _first(WelcomeOffer),
    "request_id": lambda _pattern: _first(AdjustmentRequest),
    "merge_id": lambda _pattern: _first(CustomerMerge),
    "action": lambda pattern: "confirm" if "import" in pattern else "start",
    "object_id": _record,
    "id": lambda _pattern: _first(User),
    "public_id": lambda _pattern: str(Booking.objects.values_list("public_id", flat=True).first() or uuid.UUID(int=1)),
    "path": _record,
    "content_type_id": lambda _pattern: "1",
    "app_label": lambda _pattern: "customers",
    "url": lambda _pattern: "nowhere",
}


def _flat(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        text = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _flat(pattern.url_patterns, text)
        else:
            yield text, pattern.name or ""


def every_pattern() -> list[tuple[str, str]]:
    """Return (pattern, name) of every route of a business's host, bar the JSON API, whose operations have a walk of their own."""
    every = _flat(get_resolver("servicepro.urls").url_patterns)
    return [(pattern, name) for pattern, name in every if not pattern.startswith("api/") or pattern.startswith("api/webhooks/")]


def parameters(pattern: str) -> frozenset[str]:
    """Return the names of a pattern's parameters."""
    return frozenset(re.findall(r"<(?:\w+:)?(\w+)>", pattern))


def every_route() -> list[Route]:
    """Return every route with values of the active tenant in it."""
    return [fill_in(pattern, name) for pattern, name in every_pattern()]


def fill_in(pattern: str, name: str, *, record: str = "") -> Route:
    """Fill in one pattern, with `record` as the id of the admin's record. Raises AssertionError for a parameter without a provider."""
    path, needs = pattern, parameters(pattern)
    for need in needs:
        assert need in PROVIDERS, f"{pattern} needs a provider for “{need}”"
        value = record if record and need == "object_id" else PROVIDERS[need](pattern)
        path = re.sub(rf"\(\?P<{need}>[^)]*\)", value, path)
        path = re.sub(rf"<(?:\w+:)?{need}>", value, path)
    return Route(pattern, name, "/" + re.sub(r"[\^$]|\\Z", "", path).replace("\\", ""), needs)


def fingerprint(schema: str) -> dict[str, str]:
    """Return a checksum over every row of every table of a schema and of the ledger, sessions left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
            " AND (table_schema = %s OR table_schema = 'public' AND table_name LIKE %s)",
            [schema, "%sends"],
        )
        tables = [(owner, table) for owner, table in cursor.fetchall() if table not in QUIET_TABLES]
        sums = {}
        for owner, table in tables:
            cursor.execute(
                f'SELECT count(*) || coalesce(md5(string_agg(t::text, chr(10) ORDER BY t::text)), \'\') FROM "{owner}"."{table}" t'
            )
            sums[f"{owner}.{table}"] = cursor.fetchone()[0]
    return sums
