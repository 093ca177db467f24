"""What a role may do, whoever asks: the admin, the menu, a page."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client

from customers.models import Customer
from customers.services import register_customer
from tenants.accounts.models import User
from tenants.models import Tenant

PASSWORD = "a-long-password"


@pytest.fixture
def member(tenant: Tenant) -> Iterator[Callable[..., User]]:
    made: list[User] = []

    def make(role: str, **fields: object) -> User:
        made.append(User.objects.create_user(f"{role}-member@shop.example", PASSWORD, role=role, is_staff=True, **fields))
        return made[-1]

    yield make
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica; DELETE FROM shop.customers_personaldataaccess")
        cursor.execute("SET session_replication_role = DEFAULT")
    User.objects.filter(pk__in=[user.pk for user in made]).delete()
    User.objects.filter(email="new@shop.example").delete()


def signed_in(user: User) -> Client:
    client = Client(HTTP_HOST="shop.localhost")
    client.force_login(user)
    return client


@pytest.fixture
def owner(tenant: Tenant) -> User:
    return User.objects.get(email="owner@shop.example")


def test_an_owner_may_everything_without_being_a_superuser(member):
    owner = member("owner", is_superuser=False)
    assert owner.has_perm("accounts.delete_user") and owner.has_module_perms("messaging")


def test_who_is_no_longer_the_owner_keeps_nothing(member):
    user = member("staff", is_superuser=True)
    assert not user.has_perm("accounts.view_user")
    assert not user.has_module_perms("accounts")


def test_a_permission_given_to_one_person_counts_for_nothing(member):
    user = member("staff")
    user.user_permissions.add(Permission.objects.get(codename="change_customer"))
    assert not User.objects.get(pk=user.pk).has_perm("customers.change_customer")


@pytest.mark.parametrize("role", ["owner", "manager", "staff"])
def test_who_left_may_nothing(member, role):
    user = member(role, is_active=False)
    assert not user.has_perm("customers.view_customer")
    assert not user.has_module_perms("customers")


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        (
            "manager",
            ["customers.change_customer", "customers.change_conversation", "campaigns.view_campaign"],
            ["customers.delete_customer"],
        ),
        ("staff", ["customers.view_customer"], ["customers.change_customer", "customers.view_conversation", "campaigns.view_campaign"]),
    ],
)
def test_the_table_of_roles(member, role, may, may_not):
    user = member(role)
    assert [permission for permission in may if not user.has_perm(permission)] == []
    assert [
        permission for permission in [*may_not, "accounts.view_user", "business.view_businesssettings"] if user.has_perm(permission)
    ] == []


@pytest.mark.parametrize(("role", "status", "name"), [("manager", 302, "Anna"), ("staff", 403, "Ana")])
def test_managers_change_customers_and_staff_read_them(member, role, status, name):
    ana = register_customer(name="Ana", phone_text="+15125550142", source="manual")
    client = signed_in(member(role))
    address = f"/admin/customers/customer/{ana.pk}/change/"
    assert client.get(address).status_code == 200
    changed = {"name": "Anna", "source": "manual", "sms_consent": "unknown", "gdpr_marketing_consent": "unknown"}
    assert client.post(address, changed).status_code == status
    ana.refresh_from_db()
    assert (ana.name, ana.phone) == (name, "+15125550142")
    Customer.objects.get(pk=ana.pk)


def test_an_owner_adds_somebody_who_can_then_sign_in(owner, member):
    client = signed_in(owner)
    form = {
        "email": "New@Shop.example",
        "role": "manager",
        "is_active": "on",
        "phone": "(512) 555-0177",
        "new_password": "violet-horse-8812",
    }
    assert client.post("/admin/accounts/user/add/", form).status_code == 302
    made = User.objects.get(email="new@shop.example")
    assert (made.phone, made.is_staff, made.is_superuser) == ("+15125550177", True, False)
    visitor = Client(HTTP_HOST="shop.localhost")
    answer = visitor.post("/admin/login/?next=/admin/", {"username": "NEW@shop.example", "password": "violet-horse-8812"}, follow=True)
    assert answer.status_code == 200 and b"/admin/customers/customer/" in answer.content


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("new_password", "short", "too short"),
        ("new_password", "", "required"),
        ("phone", "555-HELP", "The number contains letters"),
        ("email", "owner@shop.example", "already exists"),
        ("email", "OWNER@shop.example", "already exists"),
    ],
)
def test_a_mistake_is_said_in_words(owner, member, field, value, sentence):
    form = {"email": "new@shop.example", "role": "staff", "is_active": "on", "phone": "", "new_password": "violet-horse-8812", field: value}
    answer = signed_in(owner).post("/admin/accounts/user/add/", form)
    assert answer.status_code == 200 and sentence in answer.content.decode()
    assert not User.objects.filter(email="new@shop.example").exists()


def test_nobody_takes_their_own_role_away(owner):
    client = signed_in(owner)
    client.post(f"/admin/accounts/user/{owner.pk}/change/", {"email": owner.email, "role": "staff", "phone": ""})
    owner.refresh_from_db()
    assert owner.is_owner


def test_a_blank_password_keeps_the_one_there_is(owner, member):
    user = member("staff")
    client = signed_in(owner)
    address = f"/admin/accounts/user/{user.pk}/change/"
    assert client.post(address, {"email": user.email, "role": "manager", "is_active": "on", "phone": ""}).status_code == 302
    user.refresh_from_db()
    assert user.role == "manager" and user.check_password(PASSWORD)
    client.post(address, {"email": user.email, "role": "manager", "is_active": "on", "phone": "", "new_password": "violet-horse-8812"})
    user.refresh_from_db()
    assert user.check_password("violet-horse-8812")
