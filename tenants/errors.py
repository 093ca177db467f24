"""What can be wrong with a business's own record."""

from servicepro.lib.errors import InvalidInput, NotFound


class UnknownTenant(NotFound):
    """No business has this schema name."""

    code = "UNKNOWN_TENANT"


class BadTenant(InvalidInput):
    """The business cannot be created as described."""

    code = "BAD_TENANT"
