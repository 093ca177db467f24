"""Structured logs: every line carries the tenant and the request or task it belongs to, never a whole phone number."""

import uuid
from typing import Any

import structlog

from servicepro.lib.outages import OneLinePerOutage
from servicepro.lib.phone import mask_phones_in
from servicepro.lib.tenancy import connection

RECIPIENTS_LOGGER = "servicepro.recipients"


def add_tenant(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Stamp the tenant's schema name on a log event."""
    event.setdefault("tenant", connection.schema_name)
    return event


def mask_phones(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Scrub phone numbers from all of an event, its traceback too, whoever wrote it; the campaign's own line masks for itself."""
    if event["_record"].name == RECIPIENTS_LOGGER:
        return event
    return {key: value if key.startswith("_") else _masked(value) for key, value in event.items()}


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask_phones_in(value)
    if isinstance(value, dict):
        return {key: _masked(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(inner) for inner in value]
    return value


def request_id() -> str:
    """Return the id that the log lines of this request carry; a new one where none was begun."""
    return str(structlog.contextvars.get_contextvars().get("request_id") or uuid.uuid4())


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
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer = structlog.processors.JSONRenderer() if json_lines else structlog.dev.ConsoleRenderer(colors=False)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.processors.format_exc_info,
                    mask_phones,
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    renderer,
                ],
                "foreign_pre_chain": shared,
            }
        },
        "filters": {"outages": {"()": OneLinePerOutage}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured", "filters": ["outages"]}},
        "root": {"handlers": ["stderr"], "level": level},
        # Django's own handler writes everything a second time while DEBUG is on, with nothing masked and nothing left out.
        "loggers": {"django": {"handlers": []}, "django.server": {"level": "WARNING"}, "django_structlog": {"level": "WARNING"}},
    }
