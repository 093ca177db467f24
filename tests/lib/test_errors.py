"""Every error a person may meet has a stable code, a status, and a sentence."""

import pytest

from servicepro.lib.errors import Conflict, Forbidden, InvalidInput, NotFound, ServiceProError, TooMany, Unavailable


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        (InvalidInput, "INVALID_INPUT", 400),
        (Forbidden, "FORBIDDEN", 403),
        (NotFound, "NOT_FOUND", 404),
        (Conflict, "CONFLICT", 409),
        (Unavailable, "UNAVAILABLE", 503),
    ],
)
def test_every_error_says_what_doors_need(kind, code, status):
    error = kind("Pick another name.", field="name")
    assert (error.code, error.status, error.message, str(error)) == (code, status, "Pick another name.", "Pick another name.")
    assert error.details == {"field": "name"}
    assert isinstance(error, ServiceProError)


def test_who_asks_too_often_is_told_when_to_come_back():
    error = TooMany("Please wait a minute.", retry_after_seconds=60)
    assert (error.status, error.retry_after_seconds, error.details) == (429, 60, {"retry_after_seconds": 60})
