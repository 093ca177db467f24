"""What can be wrong with a business's own record."""

from servicepro.lib.errors import InvalidInput, NotFound


class UnknownTenant(NotFound):
    """No business has this schema name."""

    code = "UNKNOWN_TENANT"


class BadTenant(InvalidInput):
    """The business cannot be created as described."""

    code = "BAD_TENANT"


class BadToken(InvalidInput):
    """The API key cannot be made as described."""

    code = "BAD_TOKEN"


class UnknownToken(NotFound):
    """There is no API key with this number."""

    code = "UNKNOWN_TOKEN"
