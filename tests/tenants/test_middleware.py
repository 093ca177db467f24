"""Every request is answered in the schema of its host, whatever the thread served before."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import close_old_connections, connection, transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context, tenant_context

from tenants import middleware
from tenants.accounts.models import User
from tenants.middleware import TenantMiddleware
from tenants.models import Domain, Tenant
from tenants.services import introduce_platform


def where(request):
    """Answer with the schema the view believes in, the one statements run in, and the owner found there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        (schema,) = cursor.fetchone()
    return HttpResponse(f"{request.tenant.schema_name} {schema} {User.objects.get(role='owner').email}")


def ask(serve, host, path="/"):
    return serve(RequestFactory().get(path, headers={"host": host}))


@pytest.fixture
def serve(database):
    return TenantMiddleware(where)


@pytest.mark.parametrize("host", ["shop.localhost", "shop.localhost:8000", "SHOP.localhost", "shop.localhost."])
def test_a_host_leads_to_its_tenant_however_it_is_written(serve, host):
    assert ask(serve, host).content == b"shop shop owner@shop.example"


@pytest.mark.parametrize("host", ["nobody.localhost", "127.0.0.1:8000", "[::1]:8000", "bad_host!", "<script>", ""])
def test_an_unknown_host_gets_a_page_that_says_what_to_do(serve, host):
    response = ask(serve, host)
    assert response.status_code == 404
    assert "No business answers at this address" in response.text
    assert "<script>" not in response.text
    assert connection.schema_name == "public"


def test_unknown_hosts_are_remembered_for_a_moment_and_evict_no_business(serve, monkeypatch):
    monkeypatch.setattr(middleware, "CACHE_HOSTS_MAX", 3)
    ask(serve, "shop.localhost")
    for number in range(10):
        ask(serve, f"nobody-{number}.localhost")
    with CaptureQueriesContext(connection) as asked:
        assert ask(serve, "nobody-9.localhost").status_code == 404
    assert len(asked) == 0
    assert len(serve._unknown) <= 3
    assert "shop.localhost" in serve._known


def test_health_is_answered_on_any_host_without_the_database(serve):
    with CaptureQueriesContext(connection) as asked:
        assert {ask(serve, host, "/healthz").content for host in ("nobody.localhost", "shop.localhost", "bad_host!")} == {b"ok"}
    assert len(asked) == 0


def test_the_platforms_host_has_pages_of_its_own(serve):
    connection.set_schema_to_public()
    introduce_platform(name="Platform", domain="platform.localhost")
    platform = Client(headers={"host": "platform.localhost"})
    assert platform.get("/admin/login/").status_code == 200
    assert platform.get("/admin/port-recovery/").status_code in (302, 404)
    assert platform.post("/api/webhooks/twilio/status").status_code == 404
    assert Client(headers={"host": "shop.localhost"}).post("/api/webhooks/twilio/status").status_code == 403


def test_a_known_host_costs_no_statement_and_a_switch_costs_one(serve):
    for host in ("salon.localhost", "shop.localhost"):
        ask(serve, host)
    with CaptureQueriesContext(connection) as staying:
        ask(serve, "shop.localhost")
    assert [query["sql"].split()[0] for query in staying] == ["SELECT", "SELECT"]
    with CaptureQueriesContext(connection) as switching:
        ask(serve, "salon.localhost")
    assert [query["sql"].split()[0] for query in switching] == ["SET", "SELECT", "SELECT"]


def test_choosing_the_tenant_costs_less_than_a_tenth_of_a_millisecond(database):
    serve = TenantMiddleware(lambda request: HttpResponse())
    requests = [RequestFactory().get("/", headers={"host": host}) for host in ("shop.localhost", "salon.localhost")] * 1000
    ask(serve, "shop.localhost")
    ask(serve, "salon.localhost")
    started = time.process_time()
    for request in requests:
        serve(request)
    assert (time.process_time() - started) / len(requests) < 0.0001


def test_a_new_host_name_is_served_soon_and_a_withdrawn_one_no_longer(serve, monkeypatch):
    monkeypatch.setattr(middleware, "CACHE_SECONDS", 0)
    monkeypatch.setattr(middleware, "UNKNOWN_SECONDS", 0)
    assert ask(serve, "second.localhost").status_code == 404
    connection.set_schema_to_public()
    second = Domain.objects.create(domain="second.localhost", tenant=Tenant.objects.get(schema_name="shop"), is_primary=False)
    assert ask(serve, "second.localhost").status_code == 200
    connection.set_schema_to_public()
    second.delete()
    assert ask(serve, "second.localhost").status_code == 404


def test_threads_that_serve_tenants_in_turn_never_mix_them(serve):
    def work(start):
        try:
            return {ask(serve, f"{('shop', 'salon')[(start + turn) % 2]}.localhost").content for turn in range(60)}
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        answers = set().union(*threads.map(work, range(8)))
    assert answers == {b"shop shop owner@shop.example", b"salon salon owner@salon.example"}


@pytest.fixture
def same_kind_two_ids(database):
    """Give one content type another id in each of two schemas, as they come to differ after years of migrations."""
    for schema, key in (("shop", 9001), ("salon", 9002)):
        with schema_context(schema):
            ContentType.objects.create(pk=key, app_label="years", model="later")
    yield {"shop": 9001, "salon": 9002}
    for schema in ("shop", "salon"):
        with schema_context(schema):
            ContentType.objects.filter(app_label="years").delete()
    ContentType.objects.clear_cache()


def test_content_types_of_one_tenant_are_never_anothers(same_kind_two_ids):
    together = threading.Barrier(2)

    def read(schema):
        try:
            with schema_context(schema):
                ContentType.objects.get_by_natural_key("years", "later")
                together.wait(timeout=10)  # each has filled the cache before any reads it
                return {ContentType.objects.get_by_natural_key("years", "later").pk for _turn in range(3)}
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(read, same_kind_two_ids)) == [{9001}, {9002}]


def test_after_an_error_the_next_tenant_is_served_in_its_own_schema(database):
    def fail(request):
        with transaction.atomic():
            User.objects.count()
            raise RuntimeError

    for host in ("shop.localhost", "salon.localhost"):
        with pytest.raises(RuntimeError):
            ask(TenantMiddleware(fail), host)
        assert ask(TenantMiddleware(where), "shop.localhost").content.startswith(b"shop shop")
        assert ask(TenantMiddleware(where), "salon.localhost").content.startswith(b"salon salon")


@pytest.mark.parametrize("is_savepoint", [False, True])
def test_a_switch_that_was_rolled_back_is_made_again(tenant, indian_tenant, is_savepoint):
    def schema():
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_schema()")
            return cursor.fetchone()[0]

    def switch_and_fail():
        with transaction.atomic():
            with tenant_context(indian_tenant):
                assert schema() == "salon"
            raise RuntimeError

    with tenant_context(tenant):
        assert schema() == "shop"
        if is_savepoint:
            with transaction.atomic():
                with pytest.raises(RuntimeError):
                    switch_and_fail()
                assert schema() == "shop"
        else:
            with pytest.raises(RuntimeError):
                switch_and_fail()
        assert schema() == "shop"


def test_a_lost_connection_is_replaced_in_the_same_schema(serve):
    ask(serve, "shop.localhost")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [backend])
    other.close()
    connection.health_check_done = False
    connection.health_check_enabled = True
    close_old_connections()
    assert ask(serve, "shop.localhost").content == b"shop shop owner@shop.example"
