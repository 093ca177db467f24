"""What can be wrong with what we are told about people."""

from servicepro.lib.errors import Conflict, InvalidInput, NotFound, TooMany


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


class UnknownImport(NotFound):
    """There is no such list."""

    code = "UNKNOWN_IMPORT"


class ImportNotReady(Conflict):
    """The list is not where this can be done with it."""

    code = "IMPORT_NOT_READY"


class ImportBusy(Conflict):
    """Another worker writes a list of this business right now."""

    code = "IMPORT_BUSY"


class UndoTooLate(Conflict):
    """An import can be taken back for a limited time."""

    code = "UNDO_TOO_LATE"


class TooManyImports(TooMany):
    """More lists were brought than are read in an hour."""

    code = "TOO_MANY_IMPORTS"
