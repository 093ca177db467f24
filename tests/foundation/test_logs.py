"""Every line of the log says whose it is, and none carries a phone number."""

import io
import json
import logging
import logging.config
import uuid

import pytest
import structlog
from django.conf import settings as django_settings
from django.http import HttpResponse
from django.test import RequestFactory
from django_structlog.celery.receivers import CeleryReceiver
from django_structlog.middlewares import RequestMiddleware
from django_tenants.utils import tenant_context

from servicepro.celery import app
from servicepro.lib.logs import RECIPIENTS_LOGGER, logging_config
from tenants.middleware import TenantMiddleware

PHONE = "+15125550142"


@pytest.fixture
def lines(monkeypatch):
    """Log as production does, into memory."""
    written = io.StringIO()
    configuration = logging_config(json_lines=True, level="INFO")
    configuration["handlers"]["stderr"]["stream"] = written
    logging.config.dictConfig(configuration)
    structlog.contextvars.clear_contextvars()
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logging.config.dictConfig(django_settings.LOGGING)
    structlog.contextvars.clear_contextvars()


def test_a_line_written_in_a_request_names_its_tenant_and_request(tenant, lines):
    def view(request):
        logging.getLogger("shop").info("counted %s", 3)
        return HttpResponse()

    TenantMiddleware(RequestMiddleware(view))(RequestFactory().get("/", headers={"host": "shop.localhost"}))
    (line,) = [line for line in lines() if line["logger"] == "shop"]
    assert (line["event"], line["tenant"], line["level"]) == ("counted 3", "shop", "info")
    assert uuid.UUID(line["request_id"])


def test_the_line_about_an_unknown_host_does_not_name_the_tenant_served_before(tenant, lines):
    def view(request):
        return HttpResponse()

    serve = TenantMiddleware(view)
    serve(RequestFactory().get("/", headers={"host": "shop.localhost"}))
    serve(RequestFactory().get("/", headers={"host": "nobody.localhost"}))
    logging.getLogger("after").info("not found")
    assert lines()[-1]["tenant"] == "public"


def test_a_line_written_in_a_task_names_its_tenant_and_task(tenant, lines):
    receiver = CeleryReceiver()
    receiver.connect_worker_signals()

    @app.task(name="tests.count", shared=False)
    def count():
        logging.getLogger("task").info("counted")

    with tenant_context(tenant):
        result = count.apply()
    (line,) = [line for line in lines() if line["logger"] == "task"]
    assert (line["tenant"], line["task_id"]) == ("shop", result.id)


def test_a_worker_keeps_the_handler_that_masks(lines):
    app.log.already_setup = False
    app.log.setup_logging_subsystem(loglevel="INFO")
    names = {type(handler.formatter).__name__ for handler in logging.getLogger().handlers if handler.formatter}
    assert "ProcessorFormatter" in names
    assert len([handler for handler in logging.getLogger().handlers if type(handler) is logging.StreamHandler]) == 1


def test_no_line_carries_a_phone_number_however_it_was_written(tenant, lines):
    logger = logging.getLogger("anywhere")
    logger.info("calling %s", PHONE)
    logger.info(f"calling {PHONE}")
    structlog.get_logger("anywhere").info("called", to=PHONE, tried=[PHONE], answer={"to": PHONE})
    try:
        raise ValueError(f"cannot call {PHONE}")
    except ValueError:
        logger.exception("failed")
    assert len(lines()) == 4
    assert "5550142" not in json.dumps(lines())
    assert "Traceback" in lines()[3]["exception"]


def test_the_recipients_own_line_decides_for_itself(tenant, lines):
    logging.getLogger(RECIPIENTS_LOGGER).info("[PORT RECOVERY] recipient phone=%s", PHONE)
    assert PHONE in lines()[0]["event"]
