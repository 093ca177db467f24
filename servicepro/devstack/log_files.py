"""Logs that do not grow for ever."""

from pathlib import Path

LOG_BYTES_MAX = 10 * 1024 * 1024


def turn_over(log: Path) -> None:
    """Put a log that has become large aside as `<name>.1`, in the place of the one before; call it before its writer starts."""
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        log.replace(log.with_name(f"{log.name}.1"))
