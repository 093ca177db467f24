"""Re-encrypt what is stored under an older key; it can stop at any moment and go on later."""

from collections.abc import Iterator

from django.apps import apps
from django.db import models

from customers.types import RotationStep
from servicepro.lib import crypto
from servicepro.lib.fields import EncryptedPhoneField, EncryptedTextField
from servicepro.lib.tenancy import connection

BATCH_ROWS = 1_000


def encrypted_columns() -> Iterator[tuple[type[models.Model], models.Field]]:
    """Yield every encrypted column of the tables that exist in the current tenant's own schema."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [connection.schema_name])
        tables = {row[0] for row in cursor.fetchall()}
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if model._meta.db_table in tables and isinstance(field, EncryptedPhoneField | EncryptedTextField):
                yield model, field


def rotate_field_keys() -> Iterator[RotationStep]:
    """Bring every encrypted value of the current tenant to the writing key; yield after each batch.

    A row is replaced only where it still holds what was read, so a write in between wins. Values that no key of the ring can
    read are left as they are and counted.
    """
    for model, field in encrypted_columns():
        yield from _rotate_column(model, field)


def _rotate_column(model: type[models.Model], field: models.Field) -> Iterator[RotationStep]:
    quote = connection.ops.quote_name
    table, column, pk = quote(model._meta.db_table), quote(field.column), quote(model._meta.pk.column)
    label = f"{model._meta.db_table}.{field.column}"
    is_address = isinstance(field, EncryptedPhoneField)
    key_id = f"split_part({column}, '.', {2 if is_address else 1})"
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {pk}, {column} FROM {table} WHERE {pk} > %s AND {key_id} <> %s ORDER BY {pk} LIMIT {BATCH_ROWS}",
                [after, crypto.writing_key_id()],
            )
            rows = cursor.fetchall()
            if not rows:
                return
            fresh = [(row_id, old, new) for row_id, old in rows if (new := _rewritten(old, is_address=is_address))]
            cursor.execute(
                f"UPDATE {table} t SET {column} = v.fresh FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS v(id, old, fresh)"
                f" WHERE t.{pk} = v.id AND t.{column} = v.old",
                [[row[part] for row in fresh] for part in range(3)],
            )
            yield RotationStep(label, cursor.rowcount, len(rows) - len(fresh))
        after = rows[-1][0]


def _rewritten(stored: str, *, is_address: bool) -> str | None:
    tenant = connection.schema_name
    try:
        if is_address:
            return crypto.encrypt_address(tenant, "phone", crypto.decrypt_address(tenant, "phone", stored))
        return crypto.encrypt_text(tenant, crypto.decrypt_text(tenant, stored))
    except crypto.DecryptionError:
        return None
