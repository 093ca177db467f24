"""Points by hand above one's limit: two people or nobody, decided once, on the record, and gone after a week."""

import datetime
import threading
from collections.abc import Iterator

import pytest
import time_machine
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client
from django_tenants.utils import schema_context

from customers.models import Customer
from customers.services import erase_person, merge_customers
from loyalty.errors import AdjustmentDecided, AdjustmentDiffers, AdjustmentRefused, BadAdjustment, BeyondDailyLimit, UnknownAdjustment
from loyalty.models import AdjustmentRequest, PointsTransaction
from loyalty.selectors import drifting_balances, waiting_adjustments
from loyalty.services import adjust_points, approve_adjustment, expire_adjustments, refuse_adjustment, request_adjustment
from tenants.accounts.models import AuditEntry, User

CUSTOMER, LIST = "/admin/loyalty-insights/customers/{}/", "/admin/loyalty-insights/approvals/"


@pytest.fixture(autouse=True)
def team(tenant: object) -> Iterator[None]:
    for email, role in (("second", "owner"), ("manager", "manager"), ("staff", "staff")):
        User.objects.get_or_create(email=f"{email}@shop.example", defaults={"role": role, "is_staff": True})
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table in ("loyalty_adjustmentrequest", "customers_personaldataaccess", "accounts_auditentry"):
            cursor.execute(f"DELETE FROM shop.{table}")
        cursor.execute("SET session_replication_role = DEFAULT")
    User.objects.exclude(email="owner@shop.example").delete()


def who(name: str) -> User:
    return User.objects.get(email=f"{name}@shop.example")


def browser(name: str) -> Client:
    client = Client(HTTP_HOST="shop.localhost")
    client.force_login(who(name))
    return client


def ask(customer: Customer, points: int = 3_000, by: str = "manager", key: str = "k1") -> int:
    return request_adjustment(customer=customer, points=points, reason="A large repair", actor=who(by), idempotency_key=key)


def balance(customer: Customer) -> int:
    return Customer.objects.get(pk=customer.pk).loyalty_points_balance


def audited(action: str) -> list[tuple]:
    return list(AuditEntry.objects.filter(action=action).order_by("pk").values_list("actor__email", "details"))


def test_above_the_limit_nothing_is_given_until_another_owner_says_so(people):
    with pytest.raises(BeyondDailyLimit, match="second person"):
        adjust_points(customer=people[0], points=2_001, reason="x", actor=who("manager"), idempotency_key="k")
    number = ask(people[0])
    assert balance(people[0]) == 0 and not PointsTransaction.objects.exists()
    (waiting,) = waiting_adjustments()
    assert (waiting.id, waiting.points, waiting.reason, waiting.asked_by) == (number, 3_000, "A large repair", "manager@shop.example")
    done = approve_adjustment(number, actor=who("owner"))
    entry = PointsTransaction.objects.get(pk=done.transaction_id)
    assert (entry.kind, entry.origin, entry.points, entry.reason) == ("ADJUST", "manual", 3_000, "A large repair")
    assert entry.metadata == {"actor": who("manager").pk, "approved_by": who("owner").pk}
    assert balance(people[0]) == 3_000 and waiting_adjustments() == [] and drifting_balances() == []
    assert audited("points_adjustment_asked") == [("manager@shop.example", {"points": 3_000, "request": number})]
    line = {"points": 3_000, "entry": entry.pk, "request": number, "asked_by": who("manager").pk}
    assert audited("points_adjusted") == [("owner@shop.example", line)]


def test_two_tabs_of_one_person_are_not_two_people(people):
    asking = browser("owner")
    asking.post(CUSTOMER.format(people[0].pk), {"points": "20001", "reason": "For me to approve", "key": "tab-1"})
    (waiting,) = waiting_adjustments()
    answer = browser("owner").post(f"{LIST}{waiting.id}/", {"decision": "approve"})
    assert answer.status_code == 403 and "another owner has to approve" in answer.content.decode()
    assert balance(people[0]) == 0 and len(waiting_adjustments()) == 1
    assert browser("second").post(f"{LIST}{waiting.id}/", {"decision": "approve"}).status_code == 302
    assert balance(people[0]) == 20_001


def test_the_database_refuses_one_person_for_two(people):
    number = ask(people[0], 30_000, "owner")
    entry = adjust_points(customer=people[1], points=1, reason="x", actor=who("owner"), idempotency_key="k9").transaction_id
    changes = {"status": "approved", "decided_at": datetime.datetime.now(datetime.UTC), "entry_id": entry}
    with pytest.raises(IntegrityError, match="adjustment_by_two_people"), transaction.atomic():
        AdjustmentRequest.objects.filter(pk=number).update(decided_by=who("owner"), **changes)
    with pytest.raises(IntegrityError, match="adjustment_decided_how"), transaction.atomic():
        AdjustmentRequest.objects.filter(pk=number).update(decided_by=None, **changes)


@pytest.mark.parametrize("name", ["manager", "staff"])
def test_only_owners_approve(people, name):
    number = ask(people[0], 30_000, "owner")
    with pytest.raises(AdjustmentRefused):
        approve_adjustment(number, actor=who(name))
    with pytest.raises(AdjustmentRefused):
        refuse_adjustment(number, actor=who(name))
    assert browser(name).get(LIST).status_code == 403
    assert browser(name).post(f"{LIST}{number}/", {"decision": "approve"}).status_code == 403
    assert balance(people[0]) == 0


def test_one_phone_is_one_person_however_many_accounts(people):
    User.objects.filter(email__in=("owner@shop.example", "second@shop.example")).update(phone="+15125550188")
    try:
        number = ask(people[0], 30_000, "owner")
        with pytest.raises(AdjustmentRefused, match="yourself"):
            approve_adjustment(number, actor=who("second"))
    finally:
        User.objects.update(phone=None)


def test_nobody_asks_for_or_approves_their_own_points(people):
    User.objects.filter(email="second@shop.example").update(phone=people[0].phone)
    Customer.objects.filter(pk=people[1].pk).update(email="manager@shop.example")
    number = ask(people[0])
    with pytest.raises(AdjustmentRefused, match="your own record"):
        approve_adjustment(number, actor=who("second"))
    with pytest.raises(AdjustmentRefused, match="your own record"):
        ask(people[1], key="k2")
    merge_customers(people[0], people[1], actor=None)
    with pytest.raises(AdjustmentRefused, match="your own record"):
        approve_adjustment(number, actor=who("owner"))
    assert balance(people[0]) == 0


def test_staff_do_not_even_ask(people):
    with pytest.raises(AdjustmentRefused, match="Your role"):
        ask(people[0], 1, "staff")


def test_a_decision_is_made_once(people):
    number = ask(people[0])
    refuse_adjustment(number, actor=who("owner"))
    with pytest.raises(AdjustmentDecided, match="refused already"):
        approve_adjustment(number, actor=who("second"))
    with pytest.raises(AdjustmentDecided):
        refuse_adjustment(number, actor=who("second"))
    with pytest.raises(UnknownAdjustment):
        approve_adjustment(number + 1, actor=who("owner"))
    assert balance(people[0]) == 0
    line = {"points": 3_000, "request": number, "asked_by": who("manager").pk}
    assert audited("points_adjustment_refused") == [("owner@shop.example", line)]


def test_twenty_approvals_at_once_give_the_points_once(people):
    number = ask(people[0])
    done = []

    def work(name):
        with schema_context("shop"):
            try:
                done.append(approve_adjustment(number, actor=who(name)).points)
            except AdjustmentDecided:
                done.append(0)
        connections.close_all()

    threads = [threading.Thread(target=work, args=(name,)) for name in ("owner", "second") * 10]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(done) == [0] * 19 + [3_000] and balance(people[0]) == 3_000 and drifting_balances() == []


def test_a_wish_runs_out_after_a_week(people):
    number = ask(people[0])
    begun = AdjustmentRequest.objects.get().requested_at
    with time_machine.travel(begun + datetime.timedelta(days=7), tick=False):
        assert waiting_adjustments() == []
        with pytest.raises(AdjustmentDecided, match="expired already"):
            approve_adjustment(number, actor=who("owner"))
        assert expire_adjustments() == 0
    assert balance(people[0]) == 0 and audited("points_adjustment_expired") == [(None, {"points": 3_000, "request": number})]


def test_the_same_wish_is_asked_once_and_another_under_its_key_is_refused(people):
    assert ask(people[0]) == ask(people[0])
    for customer, points in ((people[1], 3_000), (people[0], 3_001)):
        with pytest.raises(AdjustmentDiffers):
            ask(customer, points)
    assert len(waiting_adjustments()) == 1 and len(audited("points_adjustment_asked")) == 1


def test_what_cannot_be_taken_any_more_is_not_approved(people):
    adjust_points(customer=people[0], points=5_000, reason="x", actor=who("owner"), idempotency_key="a")
    number = ask(people[0], -5_000)
    adjust_points(customer=people[0], points=-1, reason="x", actor=who("owner"), idempotency_key="b")
    with pytest.raises(BadAdjustment, match="Only 4,999 points"):
        approve_adjustment(number, actor=who("owner"))
    with pytest.raises(BadAdjustment):
        ask(people[0], -5_000, key="k2")
    assert balance(people[0]) == 4_999 and len(waiting_adjustments()) == 1


def test_approved_points_leave_the_day_s_limit_as_it_was(people):
    approve_adjustment(ask(people[0]), actor=who("owner"))
    done = adjust_points(customer=people[1], points=2_000, reason="x", actor=who("manager"), idempotency_key="k2")
    assert done.is_new


def test_who_left_the_team_gives_nothing_through_others(people):
    number = ask(people[0])
    User.objects.filter(email="manager@shop.example").update(is_active=False)
    with pytest.raises(AdjustmentRefused, match="no longer works here"):
        approve_adjustment(number, actor=who("owner"))


def test_nobody_floods_the_list(people):
    for number in range(20):
        ask(people[0], key=f"k{number}")
    with pytest.raises(AdjustmentRefused, match="20 adjustments of yours"):
        ask(people[0], key="k20")


def test_who_asked_may_take_it_back(people):
    refuse_adjustment(ask(people[0]), actor=who("manager"))
    assert waiting_adjustments() == []


def test_erasing_somebody_ends_their_wishes_and_takes_the_typed_reason(people):
    ask(people[0])
    erase_person(people[0], actor=None, reason="asked")
    row = AdjustmentRequest.objects.get()
    assert (row.status, row.reason) == ("expired", "changed_by_hand")


def test_the_pages_say_what_waits_and_who_may_decide(people):
    manager, owner = browser("manager"), browser("owner")
    answer = manager.post(CUSTOMER.format(people[0].pk), {"points": "2500", "reason": "A large repair", "key": "k"}, follow=True)
    page = answer.content.decode()
    assert "wait for a second person" in page and "+2,500 points, “A large repair”" in page
    assert "1 adjustment waits" in owner.get("/admin/loyalty-insights/").content.decode()
    shown = owner.get(LIST).content.decode()
    assert "Person 0" in shown and "+2,500" in shown and "manager@shop.example" in shown and "Approve" in shown
    (waiting,) = waiting_adjustments()
    answer = owner.post(f"{LIST}{waiting.id}/", {"decision": "approve"}, follow=True)
    assert "Approved: +2,500 points. The balance is now 2,500." in answer.content.decode()
    assert "Nothing waits for approval." in answer.content.decode()
    gone = owner.post(f"{LIST}{waiting.id}/", {"decision": "refuse"})
    assert gone.status_code == 409 and "approved already" in gone.content.decode()
    assert owner.post(f"{LIST}999999/", {"decision": "refuse"}).status_code == 404
