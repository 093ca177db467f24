"""The laws of the house that linters cannot see."""

import ast
import importlib
import itertools
import re
from pathlib import Path

import grimp
import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver

from portal.services.access import AnyApp, AppSession, CustomerOrGuest, CustomerSession
from servicepro import urls, urls_platform
from servicepro.api import api
from tenants.services.api_access import BearerToken, OwnerSession

ROOT = Path(__file__).resolve().parents[2]
APPS = ("tenants", "customers", "messaging", "loyalty", "a2p", "bookings", "campaigns", "portal", "onboarding")
PUBLIC_FACE = {"services", "selectors", "types", "errors"}
FUNCTION_LINES_MAX, MODULE_LINES_MAX = 50, 400
APPEND_ONLY = {
    "a2p_attempt",
    "a2p_attemptevent",
    "accounts_auditentry",
    "customers_consentchange",
    "customers_consentevent",
    "customers_erasurecertificate",
    "customers_personaldataaccess",
    "loyalty_pointstransaction",
}
VOICE = {"twilio-voice", "twilio-voice-menu", "twilio-voice-recorded", "twilio-voice-status"}
CSRF_EXEMPT = {"twilio-status", "twilio-inbound", "sendgrid-events", "unsubscribe", "preferences"} | VOICE
# The doors of the whole, and what Django itself must be able to name: none of them is an app.
COMPOSITION = {
    "servicepro.api",
    "servicepro.urls",
    "servicepro.urls_platform",
    "servicepro.celery",
    "servicepro.settings",
    "servicepro.wsgi",
}


def _modules() -> list[Path]:
    folders = [ROOT / name for name in (*APPS, "servicepro", "tests", "bench")]
    return [path for folder in folders for path in folder.rglob("*.py") if "migrations" not in path.parts]


def test_modules_stay_short():
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in _modules()}
    assert {name: length for name, length in lengths.items() if length > MODULE_LINES_MAX} == {}


def test_functions_stay_short():
    too_long = {
        f"{path.relative_to(ROOT)}:{node.name}": node.end_lineno - node.lineno + 1
        for path in _modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno - node.lineno >= FUNCTION_LINES_MAX
    }
    assert too_long == {}


def test_an_app_is_entered_by_its_public_face():
    graph = grimp.build_graph(*APPS, "servicepro", cache_dir=None)
    strangers = set()
    for importer in graph.modules:
        app = importer.split(".")[0]
        if importer in COMPOSITION or ".migrations." in importer:
            continue
        for imported in graph.find_modules_directly_imported_by(importer):
            other, _dot, rest = imported.partition(".")
            if other in APPS and other != app and not (rest in PUBLIC_FACE or _is_offered(other, rest)):
                strangers.add(f"{importer} -> {imported}")
    assert strangers == set()


def _is_offered(app: str, rest: str) -> bool:
    """Tell whether `from app.services import x` means what the package offers, though a submodule is called x as well."""
    package, _dot, name = rest.rpartition(".")
    return package in PUBLIC_FACE and name in getattr(importlib.import_module(f"{app}.{package}"), "__all__", ())


def test_every_setting_is_in_the_example():
    read = set(
        re.findall(r"""env\.(?:str|bool|int|float|list|json|url|db_url)\(\s*["'](\w+)""", (ROOT / "servicepro/settings.py").read_text())
    )
    listed = set(re.findall(r"^#?(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert len(read) > 20
    assert read - listed == set()


def test_every_setting_of_the_example_says_what_it_is_for():
    lines = (ROOT / ".env.example").read_text().splitlines()
    bare = [line for above, line in itertools.pairwise(lines) if re.match(r"#?\w+=", line) and not above.startswith("# ")]
    assert bare == []


def test_the_example_carries_no_secret():
    text = (ROOT / ".env.example").read_text()
    assert re.findall(r"^(?:SECRET_KEY|FIELD_KEYS|ADDRESS_KEY|\w+_TOKEN|\w+_API_KEY|POSTGRES_PASSWORD)=.+", text, re.MULTILINE) == []


def test_no_migration_is_missing(database):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_append_only_tables_refuse_changes_and_truncation(tenant):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, bit_or(t.tgtype) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE c.relnamespace = %s::regnamespace AND NOT t.tgisinternal AND t.tgenabled <> 'D' GROUP BY 1",
            [tenant.schema_name],
        )
        events = dict(cursor.fetchall())
    delete, update, truncate = 8, 16, 32  # pg_trigger.tgtype
    wanted = delete | update | truncate
    assert {table for table, bits in events.items() if bits & wanted == wanted} == APPEND_ONLY


@pytest.mark.parametrize("statement", ["UPDATE {table} SET id = id", "DELETE FROM {table}", "TRUNCATE {table} CASCADE"])
def test_the_audit_trail_cannot_be_rewritten(tenant, statement):
    from django.db import DatabaseError, transaction

    from tenants.services import record_action

    record_action(None, "looked", "customer:1")
    with pytest.raises(DatabaseError, match="append"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table="accounts_auditentry"))


def _patterns(patterns: list[URLPattern | URLResolver]) -> list[URLPattern]:
    found = []
    for pattern in patterns:
        found += _patterns(pattern.url_patterns) if isinstance(pattern, URLResolver) else [pattern]
    return found


@pytest.mark.parametrize("urlconf", [urls, urls_platform])
def test_only_signed_doors_go_without_csrf(urlconf):
    exempt = {
        pattern.name
        for pattern in _patterns(get_resolver(urlconf.__name__).url_patterns)
        if getattr(pattern.callback, "csrf_exempt", False) and not _is_api(pattern)
    }
    assert exempt <= CSRF_EXEMPT


def _is_api(pattern: URLPattern) -> bool:
    """Tell the routes of the JSON API: they check a session's CSRF token themselves, as a key needs none."""
    return getattr(pattern.callback, "__module__", "") == "ninja.operation"


def test_every_operation_of_the_api_is_guarded_against_other_sites():
    guards = {
        (path, method): [type(guard) for guard in operation.auth_callbacks]
        for router in api._get_bound_routers()
        for path, view in router.path_operations.items()
        for operation in view.operations
        for method in operation.methods
    }
    # A guest has nothing another site could abuse, and an app's token is no cookie that a browser sends along.
    known = ([BearerToken, OwnerSession], [CustomerSession], [CustomerOrGuest], [AppSession], [AnyApp])
    assert {key: kinds for key, kinds in guards.items() if kinds not in known} == {}
    assert len(guards) >= 1
