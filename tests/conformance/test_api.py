"""What the API promises of itself: one shape for errors, keys that open what they say, a limit, and a description that is true."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
import time_machine
from django.conf import settings as django_settings
from django.core.exceptions import RequestDataTooBig
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse
from django_tenants.utils import schema_context

from servicepro.api import api
from servicepro.lib.errors import Conflict
from tenants.accounts.models import ApiToken, AuditEntry, User
from tenants.services import create_api_token, revoke_api_token
from tenants.types import ApiScope

SNAPSHOT = Path(__file__).with_name("openapi.json")
NOTHING_NEEDED = ("security", [])
SHAPE = {"error", "message", "requestId"}


@pytest.fixture(autouse=True)
def nobody_asked_yet() -> None:
    redis.Redis.from_url(django_settings.REDIS_URL).flushdb()


@pytest.fixture
def owner(tenant: object) -> User:
    return User.objects.get(email="owner@shop.example")


@pytest.fixture
def key(owner: User) -> str:
    return create_api_token(actor=owner, name="Website", scopes=["customers:read"])[1]


@pytest.fixture
def browser(owner: User) -> Client:
    client = Client(HTTP_HOST="shop.localhost", enforce_csrf_checks=True)
    client.force_login(owner)
    return client


@pytest.fixture
def ask(tenant: object) -> Callable[..., object]:
    def get(key: str = "", path: str = "/api/me", host: str = "shop.localhost") -> object:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return Client(HTTP_HOST=host).get(path, headers=headers)

    return get


@pytest.fixture
def staff(tenant: object) -> Iterator[User]:
    yield User.objects.create_user("api-staff@shop.example", is_staff=True)
    ApiToken.objects.filter(created_by__email="api-staff@shop.example").delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "SET session_replication_role = replica; DELETE FROM shop.accounts_auditentry; SET session_replication_role = DEFAULT"
        )
    User.objects.filter(email="api-staff@shop.example").delete()


def described() -> dict:
    """Return the description as a client would fetch it."""
    return json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/")))


def test_a_key_says_who_it_acts_for(ask, key):
    assert ask(key).json() == {
        "business": "Clean Machine Auto Detail",
        "actsFor": "owner@shop.example",
        "key": "Website",
        "scopes": ["customers:read"],
    }


def test_the_owners_session_may_do_everything(browser):
    assert browser.get("/api/me").json()["scopes"] == [str(scope) for scope in ApiScope]


def test_a_stranger_is_told_how_to_come_in(ask):
    answer = ask()
    assert answer.status_code == 401 and set(answer.json()) == SHAPE and answer["WWW-Authenticate"] == "Bearer"
    assert "Authorization: Bearer" in answer.json()["message"]


@pytest.mark.parametrize("spoilt", ["x", "sp_0.x", "{prefix}", "{prefix}.", "{prefix}.x", "{key}x", "{KEY}", "é.é", "a" * 5000])
def test_a_key_opens_to_the_letter_or_not_at_all(ask, key, spoilt):
    sent = spoilt.format(prefix=key.partition(".")[0], key=key, KEY=key.upper())
    assert ask(sent.encode("utf-8").decode("latin-1")).status_code == 401


@pytest.mark.parametrize("scheme", ["Basic", "Token"])
def test_another_way_to_sign_in_is_refused_rather_than_overlooked(browser, scheme):
    assert browser.get("/api/me", headers={"Authorization": f"{scheme} x"}).status_code == 401


def test_a_key_of_one_business_is_worth_nothing_at_another(ask, key, indian_tenant):
    assert ask(key, host="salon.localhost").status_code == 401


def test_a_revoked_key_opens_nothing_more(ask, key, owner):
    assert ask(key).status_code == 200
    token = ApiToken.objects.get()
    revoke_api_token(actor=owner, token_id=token.pk)
    revoke_api_token(actor=owner, token_id=token.pk)
    assert ask(key).status_code == 401
    assert AuditEntry.objects.filter(action="api_token_revoked").count() == 1


def test_a_key_ends_with_its_last_day(ask, browser):
    with time_machine.travel("2026-12-30T12:00:00Z", tick=False):
        browser.force_login(User.objects.get(email="owner@shop.example"))
        text = _make(browser, last_day="2026-12-31")
        assert ask(text).status_code == 200
    with time_machine.travel("2027-01-01T05:59:00Z", tick=False):  # 23:59 in Chicago
        assert ask(text).status_code == 200
    with time_machine.travel("2027-01-01T06:01:00Z", tick=False):
        assert ask(text).status_code == 401


def test_a_key_ends_with_the_role_of_whoever_made_it(ask, staff):
    staff.role = User.Role.OWNER
    staff.save()
    _token, text = create_api_token(actor=staff, name="x", scopes=["customers:read"])
    assert ask(text).status_code == 200
    User.objects.filter(pk=staff.pk).update(role=User.Role.STAFF)
    assert ask(text).status_code == 401
    User.objects.filter(pk=staff.pk).update(role=User.Role.OWNER, is_active=False)
    assert ask(text).status_code == 401


def test_the_secret_is_stored_nowhere(key, owner):
    _prefix, _dot, secret = key.partition(".")
    row = ApiToken.objects.values().get()
    assert len(secret) >= 43 and secret not in repr(row) and secret not in repr(list(AuditEntry.objects.values()))


def test_use_is_noted_once_a_minute(ask, key):
    with time_machine.travel("2026-12-01T12:00:00Z", tick=False) as clock:
        ask(key)
        clock.shift(59)
        ask(key)
        assert ApiToken.objects.get().last_used_at.second == 0
        clock.shift(2)
        ask(key)
        assert ApiToken.objects.get().last_used_at.minute == 1


def test_staff_may_not_use_the_api(staff):
    client = Client(HTTP_HOST="shop.localhost")
    client.force_login(staff)
    answer = client.get("/api/me")
    assert answer.status_code == 403 and "Only the owner" in answer.json()["message"]


def test_one_more_than_allowed_is_told_when_to_come_back(ask, key, settings):
    settings.API_REQUESTS_PER_MINUTE = 3
    assert [ask(key).status_code for _turn in range(4)] == [200, 200, 200, 429]
    answer = ask(key)
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert answer.json()["details"] == {"retryAfterSeconds": int(answer["Retry-After"])}


def test_who_shows_nothing_that_opens_anything_is_limited_too(ask, key, settings):
    settings.API_REQUESTS_PER_MINUTE = 2
    answers = [ask("wrong"), ask(""), ask("wrong"), ask("")]
    assert [answer.status_code for answer in answers] == [401, 401, 429, 429]
    assert all(1 <= int(answer["Retry-After"]) <= 60 for answer in answers[2:])
    assert ask(key).status_code == 200


def test_the_limit_of_one_key_is_not_anothers(ask, key, owner, settings):
    settings.API_REQUESTS_PER_MINUTE = 1
    _token, other = create_api_token(actor=owner, name="Other", scopes=["customers:read"])
    assert [ask(key).status_code, ask(key).status_code, ask(other).status_code] == [200, 429, 200]


def test_the_limit_of_one_business_is_not_anothers(ask, key, indian_tenant, settings):
    settings.API_REQUESTS_PER_MINUTE = 1
    with schema_context("salon"):
        _token, theirs = create_api_token(actor=User.objects.get(email="owner@salon.example"), name="x", scopes=["customers:read"])
    assert [ask(key).status_code, ask(key).status_code, ask(theirs, host="salon.localhost").status_code] == [200, 429, 200]


def test_without_valkey_the_api_says_so(ask, key, settings):
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"
    answer = ask(key)
    assert answer.status_code == 503 and answer.json()["error"] == "UNAVAILABLE"


@pytest.mark.parametrize(("path", "method", "status"), [("/api/nothing", "get", 404), ("/api/", "get", 404), ("/api/me", "delete", 405)])
def test_what_django_refuses_has_the_same_shape(browser, path, method, status):
    answer = getattr(browser, method)(path)
    assert (answer.status_code, set(answer.json())) == (status, SHAPE)
    assert answer["X-Request-Id"] == answer.json()["requestId"] and answer["Cache-Control"] == "no-store"
    assert status != 405 or answer["Allow"] == "GET"


def answer_to(error: Exception) -> tuple[int, dict]:
    response = api.on_exception(RequestFactory().get("/api/me"), error)
    return response.status_code, json.loads(response.content)


def test_an_expected_error_is_answered_with_its_code_sentence_and_details():
    status, body = answer_to(Conflict("It was confirmed already.", confirmed_by="x"))
    assert (status, body["error"], body["message"]) == (409, "CONFLICT", "It was confirmed already.")
    assert body["details"] == {"confirmedBy": "x"}


def test_our_own_fault_shows_no_trace_and_is_logged(caplog):
    status, body = answer_to(ZeroDivisionError("secret detail"))
    assert status == 500 and set(body) == SHAPE and "secret" not in str(body)
    assert any(record.exc_info for record in caplog.records)


def test_too_much_at_once_is_413():
    assert answer_to(RequestDataTooBig("x"))[0] == 413


@pytest.mark.parametrize("part", ["\\ud800", "a\\udc00b", "\\ud83c\\uD83C", b"\xed\xa0\x80".decode("utf-8", "surrogatepass")])
def test_characters_that_cannot_be_kept_are_refused_wherever_they_stand(browser, part):
    token = str(browser.get(reverse("api-keys")).context["csrf_token"])
    for body in (
        f'{{"name": "{part}"}}',
        f'{{"{part}": 1}}',
        f'{{"messagingConfig": {{"contentVariables": {{"1": "{part}"}}}}, "name": "x"}}',
    ):
        sent = body.encode("utf-8", "surrogatepass")
        answer = browser.post("/api/campaigns", sent, content_type="application/json", headers={"X-CSRFToken": token})
        assert answer.status_code == 400 and "cannot be read" in answer.json()["message"]


def test_a_whole_character_written_in_two_halves_is_one(browser):
    token = str(browser.get(reverse("api-keys")).context["csrf_token"])
    body = '{"name": "Spring \\ud83c\\udf37"}'
    answer = browser.post("/api/campaigns", body, content_type="application/json", headers={"X-CSRFToken": token})
    assert answer.status_code == 201 and answer.json()["name"] == "Spring \U0001f337"


@pytest.mark.parametrize(("path", "kind"), [("/api/me", "application/json"), ("/admin/api-keys/", "text/html")])
def test_a_huge_request_is_refused_before_it_is_read(browser, path, kind):
    answer = browser.generic("POST", path, data=b"x" * (6 * 1024 * 1024 + 1), content_type="text/plain")
    assert answer.status_code == 413 and answer["Content-Type"].startswith(kind)


def test_the_description_is_the_one_that_was_agreed():
    agreed, now = json.loads(SNAPSHOT.read_text()), described()
    assert now == agreed, "the API changed: if that is meant, run `python -m tests.conformance.renew_openapi` and look at the difference"


def operations() -> Iterator[tuple[str, dict]]:
    for path, methods in described()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_every_operation_is_described():
    poor = {
        name: missing
        for name, operation in operations()
        if (
            missing := [
                part
                for part in ("summary", "description", "tags", "security", "operationId")
                if not operation.get(part) and (part, operation.get(part)) != NOTHING_NEEDED
            ]
        )
    }
    assert poor == {}


def test_every_operation_shows_an_answer_and_what_it_may_be_sent():
    poor = []
    for name, operation in operations():
        good = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        if not any("example" in content for answer in good for content in answer.get("content", {}).values()):
            poor.append(f"{name}: no example of the answer")
        for parameter in operation["parameters"]:
            if not parameter.get("description") or not (parameter.get("examples") or parameter.get("example")):
                poor.append(f"{name}: {parameter['name']} lacks a description or an example")
        for content in operation.get("requestBody", {}).get("content", {}).values():
            if "example" not in content:
                poor.append(f"{name}: no example of the body")
        if not {"400", "401", "403", "429", "500"} <= set(operation["responses"]):
            poor.append(f"{name}: the usual problems are not listed")
    assert poor == []


def test_every_name_of_the_api_is_camel_case():
    for schema in described()["components"]["schemas"].values():
        assert [name for name in schema.get("properties", {}) if "_" in name] == []


def test_the_owner_reads_the_description_and_programs_do_with_a_key(ask, key, browser):
    assert browser.get("/api/docs").status_code == 200
    assert browser.get("/api/openapi.json").json()["info"]["title"] == "ServicePro"
    assert ask(key, "/api/openapi.json").json()["openapi"].startswith("3.1")
    assert ask("wrong", "/api/openapi.json").status_code == 401
    assert "/login/" in ask("", "/api/docs")["Location"]


def test_the_page_of_the_description_asks_nobody_else(browser):
    assert b"://" not in browser.get("/api/docs").content.replace(b"http://shop.localhost", b"")


def _make(browser: Client, **fields: object) -> str:
    page = browser.get(reverse("api-keys"))
    form = {"name": "Till", "scopes": ["customers:read"], "csrfmiddlewaretoken": page.context["csrf_token"]} | fields
    answer = browser.post(reverse("api-keys"), form)
    return answer.context["made"][1] if answer.context["made"] else answer.context["problem"]


def test_the_owner_makes_a_key_sees_it_once_and_revokes_it(browser, ask):
    text = _make(browser)
    assert ask(text).status_code == 200
    page = browser.get(reverse("api-keys"))
    assert text.partition(".")[0] in page.text and text not in page.text and "no-store" in page["Cache-Control"]
    token = ApiToken.objects.get()
    browser.post(reverse("api-key-revoke", args=[token.pk]), {"csrfmiddlewaretoken": page.context["csrf_token"]})
    assert ask(text).status_code == 401
    assert "revoked" in browser.get(reverse("api-keys")).text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": "  "}, "name of at most"),
        ({"name": "x" * 81}, "name of at most"),
        ({"scopes": []}, "at least one"),
        ({"scopes": ["everything"]}, "at least one"),
        ({"last_day": "2020-01-01"}, "in the past"),
        ({"last_day": "soon"}, "like 2027-12-31"),
        ({"last_day": "2027-02-31"}, "no such day"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused_in_words(browser, fields, sentence):
    assert sentence in _make(browser, **fields)
    assert ApiToken.objects.count() == 0


def test_there_are_not_endlessly_many_keys(owner):
    for n in range(20):
        create_api_token(actor=owner, name=f"k{n}", scopes=["customers:read"])
    with pytest.raises(Exception, match="Revoke one"):
        create_api_token(actor=owner, name="one more", scopes=["customers:read"])


def test_only_owners_see_the_keys(staff):
    client = Client(HTTP_HOST="shop.localhost")
    client.force_login(staff)
    assert client.get(reverse("api-keys")).status_code == 403
    assert client.get("/api/docs").status_code == 403
