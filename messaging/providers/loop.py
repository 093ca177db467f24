"""One event loop per process, in a thread of its own: provider calls overlap while the caller talks to the database."""

import asyncio
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

import uvloop

Result = TypeVar("Result")


class _LoopThread:
    def __init__(self) -> None:
        self.process_id = os.getpid()
        self.loop = uvloop.new_event_loop()
        threading.Thread(target=self._run, name="provider-calls", daemon=True).start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()


_current: _LoopThread | None = None
_guard = threading.Lock()


def start_in_loop(coroutine: Coroutine[Any, Any, Result]) -> "Future[Result]":
    """Start a coroutine on the process's provider loop and return its future; a forked child gets a loop of its own."""
    global _current
    with _guard:
        if _current is None or _current.process_id != os.getpid():
            _current = _LoopThread()
        return asyncio.run_coroutine_threadsafe(coroutine, _current.loop)
