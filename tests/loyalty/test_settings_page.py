"""The owner's page of what points may be used for: seen before it is kept, in money, audited, and nobody else's."""

import re

import pytest
from django.test import Client

from loyalty.services import backtesting, change_guardrails, describe_points, grant_points, guardrails, register_cart_source
from loyalty.types import Guardrails, PastCart
from tenants.accounts.models import AuditEntry, User

URL = "/admin/loyalty-settings/"
TYPED = {"worth": "0.20", "minimum": "$90.00", "core": "on", "message": "  Call us   first. "}


@pytest.fixture
def past(monkeypatch):
    monkeypatch.setattr(backtesting, "_sources", [])
    register_cart_source(lambda days: [PastCart(8_000, True, False, 500)] * (days // 45) + [PastCart(9_000, True, False)])


def seen(answer):
    found = re.search(r'name="seen" value="([^"]+)"', answer.content.decode())
    return found[1].replace("&#x27;", "'").replace("&quot;", '"') if found else ""


def test_settings_are_shown_with_what_a_point_is_worth(owner):
    page = owner.get(URL).content.decode()
    assert "500 points (about $50 off, on bookings from $75)" in page
    assert "See what this would mean" in page
    assert "Save these settings" not in page


def test_what_settings_would_mean_is_seen_before_they_are_kept(owner, past, people):
    grant_points(customer_ids=[people[0].pk], points=500, reason="x", campaign_key="c1")
    answer = owner.post(URL, TYPED)
    page = answer.content.decode()
    assert "500 points (about $100 off, on bookings from $90 with a main service)" in page
    for said in (
        "3 bookings, 2 of them with points.",
        "2 that used points would have been blocked",
        "500 points, $50.00",
        "500 points, $100.00",
    ):
        assert said in page
    assert guardrails() == Guardrails(7_500, False, "", 10)
    assert owner.post(URL, TYPED | {"seen": seen(answer)}).status_code == 302
    assert guardrails() == Guardrails(9_000, True, "Call us first.", 20)
    line = AuditEntry.objects.get(action="loyalty_settings_changed")
    assert (line.actor.email, line.details["point_value_minor"]) == ("owner@shop.example", [10, 20])
    assert describe_points(500) == "500 points (about $100 off, on bookings from $90 with a main service)"


def test_what_was_not_seen_is_not_kept(owner, past):
    token = seen(owner.post(URL, TYPED))
    other = owner.post(URL, TYPED | {"worth": "0.30", "seen": token})
    assert other.status_code == 200
    assert "Save these settings" in other.content.decode()
    change_guardrails(Guardrails(1_000, False, "", 10), actor=None)
    assert "Save these settings" in owner.post(URL, TYPED | {"seen": token}).content.decode()
    assert guardrails().min_cart_total_minor == 1_000


def test_the_settings_as_they_are_change_nothing(owner):
    answer = owner.post(URL, {"worth": "0.10", "minimum": "75", "message": ""})
    assert "Nothing changes" in answer.content.decode()
    assert not change_guardrails(guardrails(), actor=None)
    assert not AuditEntry.objects.filter(action="loyalty_settings_changed").exists()


def test_without_bookings_it_says_so(owner, monkeypatch):
    monkeypatch.setattr(backtesting, "_sources", [])
    assert "nothing to compare with" in owner.post(URL, TYPED).content.decode()


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("worth", "", "Say what a point is worth, such as 0.10."),
        ("worth", "0", "A point is worth between 0.01 and 100."),
        ("worth", "101", "A point is worth between 0.01 and 100."),
        ("worth", "-0.10", "Type an amount such as 75 or 12.50, without a minus."),
        ("worth", "ten", "Type an amount such as 75 or 12.50, without a minus."),
        ("minimum", "1e9", "Type an amount such as 75 or 12.50, without a minus."),
        ("minimum", "75.005", "Type an amount such as 75 or 12.50, without a minus."),
        ("minimum", "999999999999", "The smallest bill is between 0 and 1,000,000."),
        ("minimum", "9" * 50, "Type an amount such as 75"),
        ("message", "x" * 241, "The message is longer than 240 characters."),
        ("message", "a\0b", "Null characters are not allowed."),
    ],
)
def test_bad_input_is_named_and_what_was_typed_stays(owner, field, typed, says):
    answer = owner.post(URL, TYPED | {field: typed})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert says in page
    assert 'value="$90.00"' in page or field == "minimum"
    assert guardrails().point_value_minor == 10


def test_only_the_owner_decides(tenant):
    client = Client(headers={"host": "shop.localhost"})
    assert client.get(URL).status_code == 302
    manager = User.objects.get_or_create(email="settings-manager@work.example", defaults={"role": "manager", "is_staff": True})[0]
    client.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(URL, TYPED).status_code == 403
    assert guardrails().point_value_minor == 10


def test_the_menu_leads_the_owner_there(owner):
    assert f'href="{URL}"' in owner.get("/admin/").content.decode()


def test_an_offer_and_points_together_are_off_until_the_owner_turns_them_on(owner):
    assert not guardrails().may_stack
    typed = {"worth": "0.10", "minimum": "75", "message": "", "stack": "on"}
    answer = owner.post(URL, typed)
    assert "A welcome offer and points on one booking</th><td>no</td><td>yes</td>" in answer.content.decode()
    assert not guardrails().may_stack
    owner.post(URL, typed | {"seen": seen(answer)})
    assert guardrails() == Guardrails(7_500, False, "", 10, may_stack=True)
    assert AuditEntry.objects.get(action="loyalty_settings_changed").details == {"may_stack": [False, True]}
    assert 'name="stack" checked' in owner.get(URL).content.decode()
