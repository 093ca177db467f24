"""Re-encrypt what is stored under an older key; it can stop at any moment and go on later."""

from collections.abc import Iterator

from django.apps import apps
from django.db import connection, models

from servicepro.lib import crypto
from servicepro.lib.fields import EncryptedPhoneField, EncryptedTextField

BATCH_ROWS = 1_000


def encrypted_columns() -> Iterator[tuple[type[models.Model], models.Field]]:
    """Yield every encrypted column of the tables that exist in the current tenant's schema."""
    tables = set(connection.introspection.table_names())
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if model._meta.db_table in tables and isinstance(field, EncryptedPhoneField | EncryptedTextField):
                yield model, field


def rotate_field_keys() -> Iterator[tuple[str, int]]:
    """Bring every encrypted value of the current tenant to the writing key; yield (table.column, rows rewritten) as it goes.

    A row is replaced only where it still holds what was read, so a write in between wins.
    """
    for model, field in encrypted_columns():
        for rewritten in _rotate_column(model._meta.db_table, field.column, is_address=isinstance(field, EncryptedPhoneField)):
            yield f"{model._meta.db_table}.{field.column}", rewritten


def _rotate_column(table: str, column: str, *, is_address: bool) -> Iterator[int]:
    quote = connection.ops.quote_name
    table, column = quote(table), quote(column)
    key_part = 2 if is_address else 1
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, {column} FROM {table} WHERE id > %s AND split_part({column}, '.', {key_part}) <> %s"
                f" AND {column} IS NOT NULL ORDER BY id LIMIT {BATCH_ROWS}",
                [after, crypto.writing_key_id()],
            )
            rows = cursor.fetchall()
            if not rows:
                return
            cursor.execute(
                f"UPDATE {table} t SET {column} = v.fresh FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS v(id, old, fresh)"
                f" WHERE t.id = v.id AND t.{column} = v.old",
                [[row[0] for row in rows], [row[1] for row in rows], [_rewritten(row[1], is_address) for row in rows]],
            )
            yield cursor.rowcount
        after = rows[-1][0]


def _rewritten(stored: str, is_address: bool) -> str:
    tenant = connection.schema_name
    if is_address:
        return crypto.encrypt_address(tenant, "phone", crypto.decrypt_address(tenant, "phone", stored))
    return crypto.encrypt_text(tenant, crypto.decrypt_text(tenant, stored))
