"""A new business is the template to the letter, made quickly, all or nothing."""

import re

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django_tenants.utils import schema_context

from tenants.models import Tenant
from tenants.services import provision_tenant

CATALOG = {
    "columns": "SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity FROM information_schema.columns WHERE table_schema = %s",
    "constraints": "SELECT c.relname, k.conname, replace(pg_get_constraintdef(k.oid), k.connamespace::regnamespace || '.', '') FROM pg_constraint k"
    " JOIN pg_class c ON c.oid = k.conrelid WHERE k.connamespace = %s::regnamespace AND k.contype <> 'n'",
    "indexes": "SELECT tablename, indexname, replace(indexdef, schemaname || '.', '') FROM pg_indexes WHERE schemaname = %s",
    "triggers": "SELECT event_object_table, trigger_name, event_manipulation FROM information_schema.triggers WHERE trigger_schema = %s",
    "functions": "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = %s::regnamespace",
}


def _spelled(cell: object) -> object:
    # Postgres spells casts of constants anew each time a condition is parsed; the condition is the same.
    return re.sub(r"::(?:text|character varying)(?:\[\])?|[()]", "", cell) if isinstance(cell, str) else cell


def catalog(schema: str) -> dict[str, set[tuple[object, ...]]]:
    with connection.cursor() as cursor:
        found = {}
        for name, query in CATALOG.items():
            cursor.execute(query, [schema])
            found[name] = {tuple(_spelled(cell) for cell in row) for row in cursor.fetchall()}
    return found


@pytest.fixture
def fresh(database):
    connection.set_schema_to_public()
    made = provision_tenant(schema="fresh", name="Fresh", domain="fresh.localhost", region="US", owner_email="o@fresh.example")
    yield made
    connection.set_schema_to_public()
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA fresh CASCADE")
    Tenant.objects.filter(schema_name="fresh").delete()


@pytest.mark.parametrize("part", CATALOG)
def test_a_replayed_schema_is_the_migrated_one_to_the_letter(fresh, part):
    assert catalog("fresh")[part] == catalog("template_tenant")[part]


def test_a_new_business_has_nothing_left_to_migrate_and_new_rows_get_new_ids(fresh):
    call_command("migrate_schemas", schema_name="fresh", interactive=False, verbosity=0, check_unapplied=True)
    with schema_context("fresh"):
        from customers.services import register_customer

        assert register_customer(name="A", region="US", phone_text="+15125550142").pk == 1


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"schema": "public"}, "schema name"),
        ({"schema": "pg_x"}, "schema name"),
        ({"schema": "Drop; table"}, "schema name"),
        ({"schema": "shop"}, "already"),
        ({"domain": "http://x.example/"}, "host name"),
        ({"domain": "shop.localhost"}, "already"),
        ({"region": "XX"}, "country code"),
        ({"owner_email": "nobody"}, "email address"),
        ({"name": " "}, "needs a name"),
    ],
)
def test_bad_input_gets_a_sentence_and_changes_nothing(database, changed, sentence):
    connection.set_schema_to_public()
    options = {"schema": "other", "name": "Other", "domain": "other.localhost", "region": "US", "owner_email": "o@other.example"} | changed
    before = Tenant.objects.count()
    with pytest.raises(CommandError, match=sentence):
        call_command("create_tenant", **options)
    assert Tenant.objects.count() == before
