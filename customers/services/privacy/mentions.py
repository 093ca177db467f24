"""Find what was written about a person elsewhere: their phone in any way of writing, their email address, and their full name.

A phone or an email is one person's wherever it stands. A full name is, where nobody else has it; a first name alone is not, and
neither is a namesake's, so these go only where they belong to the person's own rows.
"""

import json
import re
from collections.abc import Iterable, Iterator

import phonenumbers
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from customers.services.privacy.registry import Person, claimed_models, holders
from servicepro.lib.crypto import decrypt_text, encrypt_text
from servicepro.lib.fields import EncryptedPhoneField, EncryptedTextField
from servicepro.lib.tenancy import connection

ERASED = "[erased]"
BATCH_ROWS = 5_000
CHARACTERS_MIN = 7  # a shorter column holds no phone and no email
SPACES = r"\s+"
_BETWEEN = r"[ \t.()/·–—-]{0,3}"  # what people put between digits; both Python and PostgreSQL read this pattern


def mention_pattern(person: Person) -> str:
    """Return the regular expression for the phones, emails and full names that are this person's alone, empty where there are none."""
    phones = [phone for phone in person.phones if phone not in person.shared]
    emails = [email for email in person.emails if email not in person.shared]
    return "|".join([*map(_phone_pattern, phones), *map(_email_pattern, emails), *map(_name_pattern, person.lone_names)])


def _phone_pattern(e164: str) -> str:
    number = phonenumbers.parse(e164)
    national = str(phonenumbers.national_significant_number(number))
    digits = _BETWEEN.join(national)
    country = _BETWEEN.join(str(number.country_code))
    return rf"(?<![0-9])(?:\+|00|011)?\(?(?:{country}{_BETWEEN})?(?:0{_BETWEEN})?{digits}(?![0-9])"


def _email_pattern(email: str) -> str:
    return rf"(?<![\w.+-]){re.escape(email)}(?![\w-])"


def _name_pattern(name: str) -> str:
    """Return the pattern of a full name, also as JSON spells it that knows only ASCII."""
    words = ["".join(map(_letter, word)) for word in name.split()]
    return rf"(?<!\w){SPACES.join(words)}(?!\w)"


def _letter(letter: str) -> str:
    if letter.isascii():
        return re.escape(letter)
    cases = dict.fromkeys([letter, letter.lower(), letter.upper()])  # an escaped letter has no case that a search could ignore
    return rf"(?:{'|'.join(re.escape(spelling) for case in cases for spelling in (case, json.dumps(case)[1:-1]))})"


def erase_mentions(person: Person) -> int:
    """Replace what names this person in every text of the claimed tables; return how many values held one."""
    pattern = mention_pattern(person)
    if not pattern:
        return 0
    return sum(_erase_in(model, pattern) for model in claimed_tables())


def claimed_tables() -> Iterator[type[models.Model]]:
    """Yield the claimed models whose tables the current tenant has."""
    claimed = claimed_models().keys() - {label for holder in holders() for label in holder.waiting_addresses}
    tables = set(connection.introspection.table_names())
    for model in apps.get_models():
        if model._meta.label in claimed and model._meta.db_table in tables:
            yield model


def _erase_in(model: type[models.Model], pattern: str) -> int:
    sealed = [field for field in model._meta.local_concrete_fields if isinstance(field, EncryptedTextField)]
    documents = [field for field in model._meta.local_concrete_fields if isinstance(field, models.JSONField)]
    return (
        _erase_plain(model, pattern)
        + sum(_erase_in_json(model, field, pattern) for field in documents)
        + sum(_erase_sealed(model, field, pattern) for field in sealed)
    )


def _erase_plain(model: type[models.Model], pattern: str) -> int:
    """Look through all readable texts of a table at once; return how many rows held a mention."""
    texts = dict(_readable(model))
    if not texts:
        return 0
    changes = ", ".join(f"{column} = {fresh}" for column, (_text, fresh) in texts.items())
    whole = ", ".join(text for text, _fresh in texts.values())
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {connection.ops.quote_name(model._meta.db_table)} SET {changes} WHERE concat_ws(chr(31), {whole}) ~* %(pattern)s",
            {"pattern": pattern, "erased": ERASED},
        )
        return cursor.rowcount


def _readable(model: type[models.Model]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield each plain text column with the SQL that reads it as text and the SQL of its value without mentions."""
    for field in model._meta.local_concrete_fields:
        if field.primary_key or field.generated or field.choices or isinstance(field, EncryptedPhoneField | EncryptedTextField):
            continue
        column = connection.ops.quote_name(str(field.column))
        if isinstance(field, ArrayField) and isinstance(field.base_field, models.CharField | models.TextField):
            text = f"array_to_string({column}, chr(31))"
            yield column, (text, f"string_to_array(regexp_replace({text}, %(pattern)s, %(erased)s, 'gi'), chr(31))")
        elif isinstance(field, models.CharField | models.TextField) and (field.max_length or CHARACTERS_MIN) >= CHARACTERS_MIN:
            fresh = f"regexp_replace({column}, %(pattern)s, %(erased)s, 'gi')"
            yield column, (column, f"left({fresh}, {field.max_length})" if field.max_length else fresh)


def _erase_in_json(model: type[models.Model], field: models.Field, pattern: str) -> int:
    """Look into a column of documents, value by value: a phone may stand there as a number, which a word cannot replace in text."""
    quote = connection.ops.quote_name
    table, column, pk = quote(model._meta.db_table), quote(str(field.column)), quote(model._meta.pk.column)
    search = re.compile(pattern, re.IGNORECASE)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {pk}, {column}::text FROM {table} WHERE {column}::text ~* %s", [pattern])
        changed = [(json.dumps(_without_mentions(json.loads(text), search)), row_id) for row_id, text in cursor.fetchall()]
        cursor.executemany(f"UPDATE {table} SET {column} = %s::jsonb WHERE {pk} = %s", changed)
    return len(changed)


def _without_mentions(value: object, search: re.Pattern[str]) -> object:
    if isinstance(value, dict):
        return {search.sub(ERASED, key): _without_mentions(inner, search) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_mentions(inner, search) for inner in value]
    if isinstance(value, str):
        return search.sub(ERASED, value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return ERASED if is_number and search.fullmatch(str(value)) else value


def _erase_sealed(model: type[models.Model], field: models.Field, pattern: str) -> int:
    """Read every sealed text of a column, which is the only way to look into it, and write back those that changed."""
    quote = connection.ops.quote_name
    table, column, pk = quote(model._meta.db_table), quote(str(field.column)), quote(model._meta.pk.column)
    search = re.compile(pattern, re.IGNORECASE)
    tenant = connection.schema_name
    found = 0
    for rows in _batches(f"SELECT {pk}, {column} FROM {table} WHERE {column} IS NOT NULL", pk):
        changed = [
            (row_id, encrypt_text(tenant, search.sub(ERASED, text)))
            for row_id, stored in rows
            if search.search(text := decrypt_text(tenant, stored))
        ]
        if changed:
            found += len(changed)
            with connection.cursor() as cursor:
                cursor.executemany(f"UPDATE {table} SET {column} = %s WHERE {pk} = %s", [(fresh, row_id) for row_id, fresh in changed])
    return found


def _batches(select: str, pk: str) -> Iterator[Iterable[tuple[object, str]]]:
    after: object = None
    while True:
        with connection.cursor() as cursor:
            where = "" if after is None else f" AND {pk} > %s"
            cursor.execute(f"{select}{where} ORDER BY {pk} LIMIT {BATCH_ROWS}", [] if after is None else [after])
            rows = cursor.fetchall()
        if not rows:
            return
        after = rows[-1][0]
        yield rows
