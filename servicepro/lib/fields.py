"""Model fields that keep phones and private texts encrypted at rest.

`EncryptedPhoneField` answers equality: `phone="+15125550142"` and `phone__in=[…]` compare the tag that leads the stored
value, as do unique constraints (`Tag("phone")`) and SQL joins (`tag_sql("c.phone")`), so rotating the encryption key
changes none of them.
"""

from typing import Any

from django.db import models
from django.db.models import Func, Lookup, TextField, Value
from django.db.models.lookups import Exact, In

from servicepro.lib import crypto
from servicepro.lib.tenancy import connection


def tag_sql(column: str) -> str:
    """Return the SQL expression for the tag of an encrypted address column; the one the indexes are built on."""
    return f"split_part({column}, '.', 1)"


class Tag(Func):
    """The tag of an encrypted address column, for constraints, indexes and queries."""

    function = "split_part"
    output_field = TextField()

    def __init__(self, expression: Any, **extra: Any) -> None:
        super().__init__(expression, Value("."), Value(1), **extra)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Serialise for migrations with the column alone."""
        column: Any = self.source_expressions[0]
        return "servicepro.lib.fields.Tag", [column.name], {}


class EncryptedPhoneField(models.TextField):
    """An E.164 number, stored as "tag.key id.ciphertext" bound to the tenant."""

    kind: crypto.AddressKind = "phone"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        """Decrypt what the database holds."""
        return None if value is None else crypto.decrypt_address(connection.schema_name, self.kind, value)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Encrypt what is written; expressions pass as they are."""
        if value is None or hasattr(value, "as_sql"):
            return value
        return crypto.encrypt_address(connection.schema_name, self.kind, str(value))


class EncryptedTextField(models.TextField):
    """A private text, stored as "key id.ciphertext" bound to the tenant; it answers no lookup but isnull."""

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        """Decrypt what the database holds."""
        return None if value is None else crypto.decrypt_text(connection.schema_name, value)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Encrypt what is written; expressions pass as they are."""
        if value is None or hasattr(value, "as_sql"):
            return value
        return crypto.encrypt_text(connection.schema_name, str(value))

    def get_lookup(self, lookup_name: str) -> type[Lookup] | None:
        """Refuse every comparison: two encryptions of one text differ, so an answer would be wrong."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None


class _TagComparison:
    lhs: Any
    rhs: Any

    def process_lhs(self, compiler: Any, connection: Any, lhs: Any = None) -> tuple[str, Any]:
        sql, params = super().process_lhs(compiler, connection, lhs)  # type: ignore[misc]
        return tag_sql(sql), params


@EncryptedPhoneField.register_lookup
class PhoneExact(_TagComparison, Exact):
    """Compare a phone by its tag."""

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, Any]:
        """Turn the E.164 value into its tag."""
        return "%s", [crypto.address_tag(connection.schema_name, "phone", str(value))]


@EncryptedPhoneField.register_lookup
class PhoneIn(_TagComparison, In):
    """Compare a phone with many by their tags."""

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, Any]:
        """Turn the E.164 values into their tags."""
        return "%s", [crypto.address_tag(connection.schema_name, "phone", str(item)) for item in value]


def phone_tag(e164: str) -> str:
    """Return the current tenant's tag of a phone."""
    return crypto.address_tag(connection.schema_name, "phone", e164)


def email_tag(email: str) -> str:
    """Return the current tenant's tag of an email address (lower-cased)."""
    return crypto.address_tag(connection.schema_name, "email", email.lower())
