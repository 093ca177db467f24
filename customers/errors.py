"""What can be wrong with what we are told about people."""

from servicepro.lib.errors import InvalidInput


class BadCustomer(InvalidInput):
    """The record cannot be kept as given."""

    code = "BAD_CUSTOMER"


class UnreadableTakeout(InvalidInput):
    """The path holds no Google Voice takeout."""

    code = "UNREADABLE_TAKEOUT"


class BadMapping(InvalidInput):
    """The columns were matched in a way no people can be made of."""

    code = "BAD_MAPPING"
