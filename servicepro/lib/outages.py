"""A server that is away is told of once, however many lines of log would say so."""

import logging
import mmap
import sys
import time
from typing import Any

import redis
from django.db import OperationalError
from kombu.exceptions import OperationalError as BrokerError

POSTGRESQL, VALKEY = "PostgreSQL", "Valkey"
QUIET_SECONDS = 60.0  # a silence this long ends an outage: Celery asks for its broker every 30 seconds at the latest
REMIND_SECONDS = 300.0
# What PostgreSQL says while it stops, starts or is full of connections; what the driver finds by itself has no code.
_AWAY_STATES = ("08", "57P01", "57P02", "57P03", "53300")
# When each server's absence was last written down and last noticed. Processes forked after this was made share it, so a worker
# and all its children write one line together.
_shared: "memoryview[float]" = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("d")
_SLOTS = {POSTGRESQL: 0, VALKEY: 2}


def absent_server(error: object) -> str | None:
    """Return which server is away when `error` says so, None when it says anything else."""
    if not isinstance(error, BaseException):
        return None
    if isinstance(error, OperationalError):
        state = getattr(error.__cause__, "sqlstate", None)
        return POSTGRESQL if state is None or state.startswith(_AWAY_STATES) else None
    if isinstance(error, redis.ConnectionError | redis.TimeoutError | BrokerError):
        return VALKEY
    if type(error).__name__ == "SchedulingError":  # beat's own wrapping, made while the cause was being handled
        return absent_server(error.__context__)
    return absent_server(error.__cause__)


class OneLinePerOutage(logging.Filter):
    """Turn the first record about a server that is away into one plain line, and drop the others while it lasts.

    Every request and every task fails for the same reason then: a trace for each would bury what else the log has to say. A
    reminder follows every five minutes.
    """

    def __init__(self, memory: "memoryview[float]" = _shared) -> None:
        """Keep the times in `memory`, four doubles."""
        super().__init__()
        self.memory = memory

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is written; the first of an outage is rewritten."""
        if record.levelno < logging.WARNING:
            return True
        error, server = next(((error, server) for error in _errors_in(record) if (server := absent_server(error))), (None, None))
        if server is None:
            return True
        slot, now = _SLOTS[server], time.time()
        told, noticed = self.memory[slot], self.memory[slot + 1]
        is_told = now - noticed > QUIET_SECONDS or now - told > REMIND_SECONDS
        self.memory[slot + 1] = now
        if is_told:
            self.memory[slot] = now
            _rewrite(record, server, error)
        return is_told


def _errors_in(record: logging.LogRecord) -> list[Any]:
    """Return the exceptions a record is about: its own, and those among its arguments."""
    found: list[Any] = [record.exc_info[1]] if record.exc_info else []
    if isinstance(record.msg, dict):  # structlog's event
        told = record.msg.get("exc_info")
        found.append(sys.exc_info()[1] if told is True else told[1] if isinstance(told, tuple) else told)
    return [*found, *(record.args if isinstance(record.args, tuple) else ())]


def _rewrite(record: logging.LogRecord, server: str, error: object) -> None:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    event = f"server_away server={server} err={reason!r}: work goes on by itself when it is back; until then lines like this are left out"
    if isinstance(record.msg, dict):
        record.msg = {key: value for key, value in record.msg.items() if key not in ("exc_info", "exception")} | {"event": event}
    else:
        record.msg = event
    record.args, record.exc_info, record.exc_text, record.stack_info = (), None, None, None
