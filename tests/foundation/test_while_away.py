"""A database or Valkey that is away is a 503 that says when to come back, for people, programs and providers."""

import pytest
from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.handlers.exception import convert_exception_to_response
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from twilio.request_validator import RequestValidator

from servicepro.lib.tenancy import connection as tenant_connection
from servicepro.lib.while_away import AnswerWhileAway
from tenants.accounts.models import User
from tenants.selectors import public_url
from tenants.services import create_api_token

SHOP = "shop.localhost"


@pytest.fixture
def visitor(tenant):
    """A browser that is shown what the server answers, not the exception behind it."""
    return Client(HTTP_HOST=SHOP, raise_request_exception=False)


@pytest.fixture
def no_database(visitor):
    """From now on nobody answers where PostgreSQL was; the business is still known, as in a web server that served it a moment ago."""
    visitor.get("/admin/login/")
    host = connection.settings_dict["HOST"]
    connection.close()
    connection.settings_dict["HOST"] = "/nowhere"
    yield
    connection.close()
    connection.settings_dict["HOST"] = host


@pytest.fixture
def no_valkey(settings):
    """From now on nobody answers where Valkey was."""
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "unix:///nowhere/valkey.sock"}}
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"
    AxesProxyHandler.implementation = None  # it keeps the cache it found first
    yield
    cache.close()
    AxesProxyHandler.implementation = None


def is_told_to_come_back(answer: HttpResponse) -> bool:
    return answer.status_code == 503 and int(answer["Retry-After"]) > 0 and "Traceback" not in answer.text


@pytest.mark.parametrize("debug", [False, True])
def test_a_person_gets_a_page_without_a_trace(visitor, no_database, settings, debug):
    settings.DEBUG = debug
    visitor.cookies["sessionid"] = "a" * 32
    answer = visitor.get("/admin/")
    assert is_told_to_come_back(answer)
    assert "Back in a moment" in answer.text and "OperationalError" not in answer.text and "<link" not in answer.text
    assert answer["Cache-Control"] == "no-store"
    assert debug or "default-src" in answer["Content-Security-Policy"]


def test_a_host_that_cannot_be_looked_up_is_no_unknown_business(no_database):
    answer = Client(HTTP_HOST="somebody.localhost", raise_request_exception=False).get("/")
    assert is_told_to_come_back(answer)


@pytest.mark.parametrize("path", ["/api/me", "/api/docs", "/api/customers/import"])
def test_a_program_gets_the_shape_of_every_error(visitor, request, path):
    _token, key = create_api_token(actor=User.objects.get(role="owner"), name="Website", scopes=["customers:read"])
    request.getfixturevalue("no_database")
    answer = visitor.get(path, headers={"authorization": f"Bearer {key}"})
    assert is_told_to_come_back(answer)
    assert answer.json()["error"] == "UNAVAILABLE" and set(answer.json()) == {"error", "message", "requestId"}
    assert answer["X-Request-Id"] == answer.json()["requestId"]


def signed_by_twilio(tenant, path, form):
    url = public_url(tenant) + path
    return RequestValidator(django_settings.TWILIO_AUTH_TOKEN).compute_signature(url, form)


@pytest.mark.parametrize("path", ["/api/webhooks/twilio/status", "/api/webhooks/twilio/inbound"])
def test_a_provider_is_asked_to_come_again(tenant, visitor, request, path):
    form = {"AccountSid": django_settings.TWILIO_ACCOUNT_SID, "MessageSid": "SM1", "MessageStatus": "delivered", "To": "+15125550100"}
    signature = signed_by_twilio(tenant, path, form)
    request.getfixturevalue("no_database")
    answer = visitor.post(path, form, headers={"X-Twilio-Signature": signature})
    assert is_told_to_come_back(answer)
    assert answer["Content-Type"] == "text/plain"


def test_a_person_who_signs_in_without_valkey_is_told_to_come_back(visitor, no_valkey):
    page = visitor.get("/admin/login/")
    assert page.status_code == 200
    answer = visitor.post("/admin/login/", {"username": User.objects.get(role="owner").email, "password": "a-long-password"})
    assert is_told_to_come_back(answer)


def test_health_and_static_files_need_neither(visitor, no_database, no_valkey):
    assert visitor.get("/healthz").status_code == 200
    assert visitor.get("/static/css/portal.css").status_code == 200


def test_a_connection_that_the_server_cuts_in_mid_request_is_told_the_same(tenant):
    """PostgreSQL ends this very connection, as it does when it is stopped."""

    def cut(_request):
        tenant_connection.set_tenant(tenant)
        other = connection.copy()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (backend,) = cursor.fetchone()
        with other.cursor() as killer:
            killer.execute("SELECT pg_terminate_backend(%s)", [backend])
        other.close()
        return HttpResponse(User.objects.count())

    answer = AnswerWhileAway(convert_exception_to_response(cut))(RequestFactory().get("/api/webhooks/x"))
    connection.close()
    assert is_told_to_come_back(answer)


def test_a_bug_is_no_outage(tenant, settings):
    def fail(_request):
        raise KeyError("a bug")

    answer = AnswerWhileAway(convert_exception_to_response(fail))(RequestFactory().get("/admin/"))
    assert answer.status_code == 500 and "Retry-After" not in answer
