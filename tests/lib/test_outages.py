"""A server that is away is told of once, however many lines would say so; everything else is told as ever."""

import io
import json
import logging
import logging.config
import os

import psycopg
import pytest
import redis
import structlog
import time_machine
from django.conf import settings as django_settings
from django.db import DataError, IntegrityError, OperationalError, connection
from kombu.exceptions import OperationalError as BrokerError

from servicepro.lib.logs import logging_config
from servicepro.lib.outages import POSTGRESQL, REMIND_SECONDS, VALKEY, absent_server


@pytest.fixture
def lines():
    """Log as production does, into memory, with no outage known."""
    written = io.StringIO()
    configuration = logging_config(json_lines=True, level="INFO")
    configuration["handlers"]["stderr"]["stream"] = written
    configuration["filters"]["outages"]["memory"] = memoryview(bytearray(32)).cast("d")
    logging.config.dictConfig(configuration)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logging.config.dictConfig(django_settings.LOGGING)


def _lost(state: type[psycopg.Error] = psycopg.OperationalError) -> OperationalError:
    error = OperationalError("the connection is lost")
    error.__cause__ = state("the connection is lost")
    return error


def _fail(error: Exception, logger: object = None) -> None:
    try:
        raise error
    except type(error):
        (logger or logging.getLogger("drain")).exception("claim_failed")


def test_a_thousand_failures_are_one_line_without_a_trace(lines):
    for _message in range(1000):
        _fail(_lost())
        _fail(_lost(), structlog.get_logger("tasks"))
    (line,) = lines()
    assert line["event"].startswith("server_away server=PostgreSQL err='the connection is lost'")
    assert "exception" not in line and line["level"] == "error"


def test_structlogs_own_line_loses_its_trace_as_well(lines):
    _fail(_lost(), structlog.get_logger("tasks"))
    (line,) = lines()
    assert line["event"].startswith("server_away") and "exception" not in line


def test_both_servers_are_told_of(lines):
    _fail(_lost())
    logging.getLogger("celery").warning("Connection lost (%r)", redis.ConnectionError("refused"))
    logging.getLogger("celery").error("Cannot connect: %s", BrokerError("refused"))
    assert [line["event"].split()[1] for line in lines()] == ["server=PostgreSQL", "server=Valkey"]


def test_a_long_outage_is_told_again_and_so_is_the_next_one(lines):
    with time_machine.travel("2026-11-21T10:00:00Z", tick=False) as clock:
        for _second in range(int(REMIND_SECONDS) + 2):
            _fail(_lost())
            clock.shift(1)
        assert len(lines()) == 2
        clock.shift(120)
        _fail(_lost())
        assert len(lines()) == 3


def test_processes_forked_from_one_tell_it_together(lines):
    _fail(_lost())
    child = os.fork()
    if child == 0:
        _fail(_lost())
        os._exit(len(lines()) - 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_other_errors_keep_their_trace(lines):
    for error in (IntegrityError("twice"), DataError("too long"), KeyError("name"), _lost(psycopg.errors.DeadlockDetected)):
        _fail(error)
    assert [("Traceback" in line["exception"]) for line in lines()] == [True] * 4


def test_an_error_made_while_a_lost_connection_was_handled_is_told_as_what_it_is(lines):
    try:
        try:
            raise _lost()
        except OperationalError:
            raise KeyError("a bug") from None
    except KeyError:
        logging.getLogger("drain").exception("failed")
    assert "a bug" in lines()[0]["exception"]


@pytest.mark.parametrize(
    "state", [psycopg.errors.AdminShutdown, psycopg.errors.CrashShutdown, psycopg.errors.CannotConnectNow, psycopg.errors.ConnectionFailure]
)
def test_a_stopping_or_starting_database_is_away(state):
    assert absent_server(_lost(state)) == POSTGRESQL


def test_the_real_errors_are_known(database):
    from celery.beat import SchedulingError

    with pytest.raises(OperationalError) as caught, connection.wrap_database_errors:
        connection.get_new_connection(connection.get_connection_params() | {"host": "/nowhere"})
    assert absent_server(caught.value) == POSTGRESQL
    with pytest.raises(redis.ConnectionError) as refused:
        redis.Redis.from_url("unix:///nowhere/valkey.sock").ping()
    assert absent_server(refused.value) == VALKEY
    try:
        try:
            raise BrokerError("refused")
        except BrokerError:
            raise SchedulingError("not applied")  # noqa: B904  # as beat does
    except SchedulingError as error:
        assert absent_server(error) == VALKEY
