"""Content types remembered per schema: the same model has another id in another tenant."""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connections

SCHEMAS_MAX = 500  # some 30 small objects each; the rarely served are read again


class SchemaKeyedCache(dict[Any, dict[Any, ContentType]]):
    """What Django's manager keeps by database alias, kept by alias and the schema it serves.

    Django shares its cache among all threads. With threads that serve different tenants, one would write its tenant's ids where
    another reads its own, and emptying the cache at every switch of tenant only makes that rarer.
    """

    def __getitem__(self, using: str) -> dict[Any, ContentType]:
        """Return what is known for the schema that `using` serves in this thread. Raises KeyError."""
        return super().__getitem__((using, _schema(using)))

    def setdefault(self, using: str, default: dict[Any, ContentType] | None = None) -> dict[Any, ContentType]:
        """Return the same, or `default` from now on."""
        key = (using, _schema(using))
        if len(self) >= SCHEMAS_MAX and key not in self:
            self.clear()
        return super().setdefault(key, {} if default is None else default)


def remember_content_types_per_schema() -> None:
    """Give ContentType's own queries one such cache."""
    cache = SchemaKeyedCache()
    # Django copies the declared one anew whenever a model is registered, so the declared one needs it as well.
    for query in (*ContentType._meta.local_managers, *ContentType._meta.managers):
        query._cache = cache  # type: ignore[attr-defined]


def _schema(using: str) -> str:
    return str(connections[using].schema_name)  # type: ignore[attr-defined]  # the tenant-aware backend's
