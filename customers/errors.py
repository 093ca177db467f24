"""What can be wrong with what we are told about people."""

from servicepro.lib.errors import Conflict, InvalidInput, NotFound


class BadCustomer(InvalidInput):
    """The record cannot be kept as given."""

    code = "BAD_CUSTOMER"


class UnreadableTakeout(InvalidInput):
    """The path holds no Google Voice takeout."""

    code = "UNREADABLE_TAKEOUT"


class BadMapping(InvalidInput):
    """The columns were matched in a way no people can be made of."""

    code = "BAD_MAPPING"


class UnknownMerge(NotFound):
    """There is no such merge or proposal here."""

    code = "UNKNOWN_MERGE"


class CannotMerge(Conflict):
    """The two records cannot be made one person as they stand."""

    code = "CANNOT_MERGE"


class CannotUnmerge(Conflict):
    """The merge cannot be undone as things stand."""

    code = "CANNOT_UNMERGE"


class UnknownCustomer(NotFound):
    """There is no such customer, or no such certificate, in this business."""

    code = "UNKNOWN_CUSTOMER"


class CannotErase(Conflict):
    """The person cannot be erased at this moment; nothing was changed."""

    code = "CANNOT_ERASE"
