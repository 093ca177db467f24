"""Who holds something about a person: each app registers its part, so that exporting and erasing forget nobody.

A holder is one module that offers `HOLDER`; its app names the module in `AppConfig.ready`. It is imported when it is first needed.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module

from servicepro.lib.fields import email_tag, phone_tag

Row = Mapping[str, object]
Parts = Mapping[str, Sequence[Row]]


@dataclass(frozen=True, slots=True)
class Person:
    """Everything that names one person, gathered before anything is changed; `surrogate` stands for them afterwards.

    Customer ids are those of all their records, the oldest first; there are none for somebody who never got one. `lone_names` are
    the full names that nobody else here has. Conversations are those with them alone; `provider_ids` are the
    ids under which the provider keeps what they wrote; `shared` are addresses that somebody else, decided to be another person,
    has too.
    """

    customer_ids: tuple[int, ...]
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    lone_names: tuple[str, ...] = ()
    unread_phones: tuple[str, ...] = ()
    conversation_ids: tuple[int, ...] = ()
    group_conversation_ids: tuple[int, ...] = ()
    provider_ids: tuple[str, ...] = ()
    shared: frozenset[str] = frozenset()
    surrogate: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def phone_tags(self) -> list[str]:
        """Return the keyed hashes of their phones."""
        return [phone_tag(phone) for phone in self.phones]

    @property
    def email_tags(self) -> list[str]:
        """Return the keyed hashes of their email addresses."""
        return [email_tag(email) for email in self.emails]


@dataclass(frozen=True, slots=True)
class ProviderCopy:
    """One message that a provider keeps, and what it answered when asked to remove it."""

    provider: str
    message_id: str
    state: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Holder:
    """An app's part: the models it answers for, what it holds of a person, and how it lets go of it.

    `collect` returns {part: rows} for the export. `erase` changes rows in place and returns {what: count}. `keeps` says what stays
    and why; it is printed on the certificate. `provider_copies` returns what a provider was asked to remove for a surrogate;
    `waiting_addresses` are those of its models that hold an address until a provider has erased it.
    """

    name: str
    models: frozenset[str]
    collect: Callable[[Person], Parts]
    erase: Callable[[Person], Mapping[str, int]]
    keeps: Mapping[str, str] = field(default_factory=dict)
    provider_copies: Callable[[uuid.UUID], list[ProviderCopy]] | None = None
    waiting_addresses: frozenset[str] = frozenset()


_modules: list[str] = []


def register_holder(module: str) -> None:
    """Name the module whose `HOLDER` answers for an app's personal data."""
    if module not in _modules:
        _modules.append(module)


def holders() -> list[Holder]:
    """Return every holder, the highest app first: what is built on people lets go of them before their own records do."""
    return [import_module(module).HOLDER for module in reversed(_modules)]


def claimed_models(known: Iterable[Holder] | None = None) -> dict[str, str]:
    """Return {model label: name of the holder that answers for it}."""
    return {label: holder.name for holder in (holders() if known is None else known) for label in holder.models}
