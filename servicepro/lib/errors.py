"""The errors every door knows how to show: a stable code, a sentence for people, and a status decided once."""

from typing import Any, ClassVar


class ServiceProError(Exception):
    """Something went wrong that a person can be told about; `message` says what to do."""

    code: ClassVar[str] = "ERROR"
    status: int = 500

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class InvalidInput(ServiceProError):
    """What was given cannot be used; nothing was changed."""

    code = "INVALID_INPUT"
    status = 400


class Unauthenticated(ServiceProError):
    """Nobody has said who is asking, or what they said does not hold."""

    code = "UNAUTHENTICATED"
    status = 401


class Forbidden(ServiceProError):
    """The person may not do this."""

    code = "FORBIDDEN"
    status = 403


class NotFound(ServiceProError):
    """There is no such thing here."""

    code = "NOT_FOUND"
    status = 404


class Conflict(ServiceProError):
    """It cannot be done in the present state."""

    code = "CONFLICT"
    status = 409


class TooLarge(ServiceProError):
    """More was sent than is taken at once; nothing was changed."""

    code = "TOO_LARGE"
    status = 413


class TooMany(ServiceProError):
    """It was asked too often; `retry_after_seconds` says when it is worth asking again."""

    code = "TOO_MANY"
    status = 429

    def __init__(self, message: str, *, retry_after_seconds: int, **details: Any) -> None:
        super().__init__(message, retry_after_seconds=retry_after_seconds, **details)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(ServiceProError):
    """Something this needs is away for the moment; nothing was lost."""

    code = "UNAVAILABLE"
    status = 503
