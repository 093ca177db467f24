"""The pages about points in the admin, and the summary over the API: who may see them, what they say, what they refuse."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context
from python_calamine import CalamineWorkbook

from customers.models import Customer, PersonalDataAccess
from loyalty.models import PointsTransaction
from servicepro.api import api
from tenants.accounts.models import AuditEntry, User
from tenants.services import create_api_token
from tests.loyalty.ledgers import Entry, people, write
from tests.support.browsing import signed_in

PAGE = "/admin/loyalty-insights/"


@pytest.fixture(autouse=True)
def no_turns_taken(tenant: object) -> None:
    redis.Redis.from_url(django_settings.REDIS_URL).flushdb()


@pytest.fixture
def team(tenant: object) -> Iterator[None]:
    for role in ("manager", "staff"):
        User.objects.get_or_create(email=f"{role}@shop.example", defaults={"role": role, "is_staff": True})
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table in ("customers_personaldataaccess", "accounts_auditentry"):
            cursor.execute(f"DELETE FROM shop.{table}")
        cursor.execute("SET session_replication_role = DEFAULT")
    User.objects.filter(role__in=("manager", "staff")).delete()


@pytest.fixture
def filled(tenant: object) -> list[int]:
    ids, now = people(3), datetime.now(UTC)
    bought = Entry(ids[0], "REDEEM", -100, "", now)
    write(
        [
            Entry(ids[0], "EARN", 500, "goodwill", now),
            Entry(ids[1], "EARN", 1200, "earned", now),
            bought,
            Entry(ids[0], "REVERSE", 100, "", now, bought),
            Entry(ids[2], "ADJUST", 30, "manual", now),
        ]
    )
    return ids


def test_the_page_shows_numbers_money_people_and_rules(owner, filled):
    page = owner.get(PAGE).content.decode()
    assert "1,730" in page and "worth $173.00" in page
    assert "+1512•••0001" in page and "+15125550001" not in page
    assert "/admin/loyalty-settings/" in page and "$75" in page
    assert page.count("<svg viewBox") == 1 and "<title id=" in page and "<desc id=" in page
    assert PersonalDataAccess.objects.get().how_many == 3


def test_without_entries_the_page_says_what_to_do(owner):
    page = owner.get(PAGE).content.decode()
    assert "Nobody has points yet" in page and "/admin/port-recovery/" in page


@pytest.mark.parametrize("day", ["", "soon", "2026-02-31", "9999-12-31", "0001-01-01", "2020-01-01", "٢٠٢٦-٠١-٠١", "2026-01-01' OR 1=1"])
def test_any_day_can_be_asked_for_and_no_nonsense_breaks_the_page(owner, filled, day):
    assert owner.get(PAGE, {"day": day}).status_code == 200
    assert owner.post(PAGE + "export.csv", {"day": day}).status_code == 200


@pytest.mark.parametrize(("email", "status"), [("owner", 200), ("manager", 200), ("staff", 403)])
def test_owners_and_managers_look_and_staff_do_not(team, filled, email, status):
    client = signed_in(f"{email}@shop.example")
    assert client.get(PAGE).status_code == status
    assert client.get(f"{PAGE}customers/{filled[0]}/").status_code == status
    assert client.post(PAGE + "export.xlsx").status_code == status
    menu = client.get("/admin/").content.decode()
    assert (PAGE in menu) == (status == 200)


def test_a_stranger_signs_in_first(tenant, filled):
    for path in (PAGE, f"{PAGE}customers/{filled[0]}/"):
        assert "/admin/login/" in Client(HTTP_HOST="shop.localhost").get(path)["Location"]


def test_another_business_finds_nothing_of_ours(filled, indian_tenant):
    with schema_context("salon"):
        client = signed_in("owner@salon.example", "salon.localhost")
        assert client.get(f"{PAGE}customers/{filled[0]}/").status_code == 404
        assert client.post(f"{PAGE}customers/{filled[0]}/", {"points": "5", "reason": "x", "key": "k"}).status_code == 404
        assert "Person 1" not in client.get(PAGE).content.decode()
        assert client.get("/api/admin/loyalty/summary").json()["totalPointsOutstanding"] == 0


def test_files_hold_every_number_and_no_formula(owner, filled):
    Customer.objects.filter(pk=filled[1]).update(name="=HYPERLINK(1)")
    text = owner.post(PAGE + "export.csv").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert ["Points outstanding", "1730"] in rows and ["Total", "0", "1700", "-100", "30", "100", "1730"] in rows
    assert "'=HYPERLINK(1)" in text and "\n=HYPERLINK" not in text
    answer = owner.post(PAGE + "export.xlsx")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    assert book.sheet_names == ["Figures", "Days", "Outstanding", "Top customers", "Many redemptions"]
    assert book.get_sheet_by_name("Top customers").to_python()[1][1:] == ["'=HYPERLINK(1)", "'+1512•••0001", 1200.0]
    assert book.get_sheet_by_name("Days").to_python()[-1][1:] == [0.0, 1700.0, -100.0, 30.0, 100.0, 1730.0]
    assert answer["Content-Disposition"].startswith('attachment; filename="loyalty-20')
    assert list(PersonalDataAccess.objects.values_list("action", "how_many")) == [("export", 3), ("export", 3)]


def test_the_summary_has_the_agreed_names(owner, filled):
    body = owner.get("/api/admin/loyalty/summary").json()
    assert body["totalCustomersWithPoints"] == 3 and body["totalPointsOutstanding"] == 1730 and body["outstandingValueMinor"] == 17300
    assert (body["totalPointsEarned"], body["totalPointsRedeemed"]) == (1700, 100)
    assert (body["pointsEarnedLast30Days"], body["pointsRedeemedLast30Days"]) == (1700, 100)
    assert [(person["customerId"], person["points"]) for person in body["top5CustomersByPoints"]] == [
        (filled[1], 1200), (filled[0], 500), (filled[2], 30),
    ]  # fmt: skip
    assert body["top5CustomersByPoints"][0]["phone"] == "+1512•••0001"
    assert sum(part["points"] for part in body["outstanding"]) == 1730
    example = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/")))["paths"]["/api/admin/loyalty/summary"]["get"]
    assert set(example["responses"]["200"]["content"]["application/json"]["example"]) == set(body)


@pytest.mark.parametrize(("scope", "status"), [("loyalty:read", 200), ("customers:read", 403)])
def test_a_key_reads_the_summary_with_its_scope_alone(owner, filled, scope, status):
    _token, text = create_api_token(actor=User.objects.get(email="owner@shop.example"), name="Books", scopes=[scope])
    answer = Client(HTTP_HOST="shop.localhost").get("/api/admin/loyalty/summary", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == status


def test_the_pages_ask_as_often_for_a_thousand_as_for_ten(owner):
    def queries(path: str, count: int) -> int:
        ids = [row.pk for row in Customer.objects.bulk_create([Customer(name="x") for _number in range(count)])]
        write([Entry(pk, "EARN", 5, "earned", datetime.now(UTC)) for pk in [*ids, *[person] * count]])
        owner.get(path)
        with CaptureQueriesContext(connection) as captured:
            assert owner.get(path).status_code == 200
        return len(captured)

    (person,) = people(1)
    for path in (PAGE, f"{PAGE}customers/{person}/", "/api/admin/loyalty/summary"):
        owner.get(path)
        assert queries(path, 10) == queries(path, 490), path


def adjust(client: Client, customer: int, points: str, reason: str = "Apology for the wait", key: str = "k1") -> object:
    return client.post(f"{PAGE}customers/{customer}/", {"points": points, "reason": reason, "key": key}, follow=True)


def test_points_are_given_once_however_often_the_form_is_sent(owner, filled):
    for _turn in range(2):
        answer = adjust(owner, filled[0], "+50")
        assert answer.status_code == 200 and "The balance is now 550." in answer.content.decode()
    entry = PointsTransaction.objects.latest("pk")
    assert (entry.kind, entry.points, entry.origin, entry.reason) == ("ADJUST", 50, "manual", "Apology for the wait")
    assert Customer.objects.get(pk=filled[0]).loyalty_points_balance == 550
    assert AuditEntry.objects.filter(action__contains="adjust").count() == 1
    page = owner.get(f"{PAGE}customers/{filled[0]}/").content.decode()
    assert "Apology for the wait" in page and "+50" in page and "Adjusted" in page


@pytest.mark.parametrize(
    ("points", "reason"),
    [("", "x"), ("0", "because"), ("1.5", "because"), ("fifty", "because"), ("9999999999", "because"), ("-501", "because"), ("50", ""), ("50", "x" * 400)],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_words_and_nothing_typed_is_lost(owner, filled, points, reason):
    before = PointsTransaction.objects.count()
    answer = adjust(owner, filled[0], points, reason)
    page = answer.content.decode()
    assert 400 <= answer.status_code < 500 and 'role="alert"' in page
    assert f'value="{points}"' in page and f'value="{reason}"' in page
    assert PointsTransaction.objects.count() == before


def test_an_unknown_customer_is_not_found(owner):
    assert owner.get(f"{PAGE}customers/987654321/").status_code == 404
