"""Signing in: who guesses passwords is slowed down, and nobody else is."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django_tenants.utils import schema_context

from tenants.accounts.models import User
from tenants.models import Tenant

EMAIL, PASSWORD, WRONG = "member@both.example", "a-long-password", "not-the-password"
SIGN_IN = "/admin/login/?next=/admin/"


@pytest.fixture
def member(tenant: Tenant, indian_tenant: Tenant) -> Iterator[User]:
    """Somebody with the same address and password at two businesses."""
    made = {}
    for schema in ("shop", "salon"):
        with schema_context(schema):
            cache.clear()
            made[schema] = User.objects.create_user(EMAIL, PASSWORD, is_staff=True)
    connection.set_tenant(tenant)
    yield made["shop"]
    for schema in ("shop", "salon"):
        with schema_context(schema):
            cache.clear()
            User.objects.filter(email=EMAIL).delete()


def try_password(password: str, *, host: str = "shop.localhost", email: str = EMAIL, address: str = "127.0.0.1"):
    return Client(HTTP_HOST=host, REMOTE_ADDR=address).post(SIGN_IN, {"username": email, "password": password})


def guess(times: int, **how: str) -> list[int]:
    return [try_password(WRONG, **how).status_code for _turn in range(times)]


def test_five_wrong_passwords_lock_the_address(member: User):
    assert guess(5) == [200, 200, 200, 200, 429]
    answer = try_password(PASSWORD)
    assert answer.status_code == 429
    assert answer["Retry-After"] == "900"
    page = answer.content.decode()
    assert "Wait 15 minutes" in page and "ask an owner" in page and EMAIL not in page


def test_four_wrong_passwords_do_not(member: User):
    guess(4)
    assert try_password(PASSWORD).status_code == 302


def test_the_right_password_starts_the_count_again(member: User):
    guess(4)
    assert try_password(PASSWORD).status_code == 302
    assert guess(4) == [200] * 4
    assert try_password(PASSWORD).status_code == 302


def test_the_same_address_at_another_business_is_not_locked(member: User):
    guess(5)
    assert try_password(PASSWORD).status_code == 429
    assert try_password(PASSWORD, host="salon.localhost").status_code == 302


def test_a_colleague_is_not_locked(member: User):
    guess(5)
    answer = try_password(PASSWORD, email="owner@shop.example")
    assert answer.status_code == 302


def test_guesses_count_however_the_address_is_typed_and_wherever_they_come_from(member: User):
    for number, email in enumerate(["Member@both.example", " member@both.example ", "MEMBER@BOTH.EXAMPLE", EMAIL, EMAIL]):
        try_password(WRONG, email=email, address=f"198.51.100.{number}")
    assert try_password(PASSWORD, address="198.51.100.99").status_code == 429


def test_an_address_nobody_has_is_answered_alike(member: User):
    assert guess(6, email="nobody@both.example") == [200, 200, 200, 200, 429, 429]


def lock_key() -> str:
    (key,) = [key for key in raw_keys() if "axes" in key]
    return key


def test_the_lock_ends_whatever_is_tried_meanwhile(member: User):
    guess(5)
    valkey = cache._cache.get_client()
    valkey.expire(lock_key(), 60)
    assert guess(3) == [429] * 3
    assert 0 < valkey.ttl(lock_key()) <= 60
    valkey.delete(lock_key())
    assert try_password(PASSWORD).status_code == 302


def test_the_lock_lasts_fifteen_minutes(member: User):
    guess(5)
    assert 890 < cache._cache.get_client().ttl(lock_key()) <= 900


def raw_keys() -> list[str]:
    return [key.decode() for key in cache._cache.get_client().keys("shop:*")]


def test_what_is_counted_names_nobody(member: User):
    guess(1)
    assert "member" not in lock_key()


def test_guesses_at_once_are_all_counted(member: User):
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _turn: _one_guess(), range(16)))
    assert codes.count(429) >= 16 - 5 - 8  # those already on their way when the fifth was counted
    assert try_password(PASSWORD).status_code == 429


def _one_guess() -> int:
    try:
        return try_password(WRONG).status_code
    finally:
        connection.close()


def test_who_is_signed_in_stays_so(member: User):
    client = Client(HTTP_HOST="shop.localhost")
    assert client.post(SIGN_IN, {"username": EMAIL, "password": PASSWORD}).status_code == 302
    guess(5)
    assert client.get("/admin/").status_code == 200


def test_who_opened_the_sign_in_page_itself_comes_to_the_front_page(member: User):
    client = Client(HTTP_HOST="shop.localhost")
    answer = client.post("/admin/login/", {"username": EMAIL, "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")


def test_the_page_itself_always_opens(member: User):
    guess(5)
    assert Client(HTTP_HOST="shop.localhost").get(SIGN_IN).status_code == 200


def test_a_new_password_from_the_owner_may_be_used_at_once(member: User):
    guess(5)
    owner = Client(HTTP_HOST="shop.localhost")
    owner.force_login(User.objects.get(email="owner@shop.example"))
    form = {"email": EMAIL, "role": "staff", "is_active": "on", "phone": "", "new_password": "violet-horse-8812"}
    assert owner.post(f"/admin/accounts/user/{member.pk}/change/", form).status_code == 302
    assert try_password("violet-horse-8812").status_code == 302


@pytest.mark.parametrize("form", [{}, {"username": ""}, {"password": WRONG}, {"username": "x" * 5000, "password": "\0"}])
def test_a_form_without_an_address_breaks_nothing(member: User, form: dict[str, str]):
    client = Client(HTTP_HOST="shop.localhost")
    assert {client.post(SIGN_IN, form).status_code for _turn in range(6)} <= {200, 429}
    assert try_password(PASSWORD).status_code == 302


def test_a_password_is_kept_at_the_full_price_of_argon2(member: User, settings):
    settings.PASSWORD_HASHERS = [name for name in settings.PASSWORD_HASHERS if not name.startswith("tests.")]
    assert try_password(WRONG).status_code == 200 and try_password(PASSWORD).status_code == 302
    member.refresh_from_db()
    assert member.password.startswith("argon2$argon2id$v=19$m=102400,t=2,p=8$")
