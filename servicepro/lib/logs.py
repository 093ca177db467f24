"""Structured logs: every line carries the tenant and the request or task it belongs to, never a whole phone number."""

import logging
from typing import Any

import structlog

from servicepro.lib.phone import mask_phones_in
from servicepro.lib.tenancy import connection


def add_tenant(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Stamp the tenant's schema name on a log event."""
    event.setdefault("tenant", connection.schema_name)
    return event


class MaskPhones(logging.Filter):
    """Scrub phone numbers from a finished line, whoever wrote it; the campaign's own line masks for itself."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record's text; it is never dropped."""
        if isinstance(record.msg, str) and record.name != "servicepro.recipients":
            text = record.getMessage()
            masked = mask_phones_in(text)
            if masked != text:
                record.msg, record.args = masked, ()
        return True


def logging_config(*, json_lines: bool, level: str) -> dict[str, Any]:
    """Return the LOGGING dictionary: one stream handler, JSON lines in production, coloured lines at a desk."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso"),
        add_tenant,
    ]
    structlog.configure(
        processors=[
            *shared,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer = structlog.processors.JSONRenderer() if json_lines else structlog.dev.ConsoleRenderer(colors=False)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"mask_phones": {"()": MaskPhones}},
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    renderer,
                ],
                "foreign_pre_chain": shared,
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured", "filters": ["mask_phones"]}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {"django.server": {"level": "WARNING"}, "django_structlog": {"level": "WARNING"}},
    }
