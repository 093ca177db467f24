"""The page of the way from a list to a first booking: who may see it, what it says, and the workbook of it."""

import io
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context
from python_calamine import CalamineWorkbook

from campaigns.models import Campaign
from customers.models import Customer, PersonalDataAccess
from customers.services import erase_person
from onboarding.analytics.definitions import metrics
from onboarding.analytics.report import Period, campaign_comparison, onboarding_analytics
from tenants.accounts.models import AuditEntry, User
from tests.onboarding.journeys import Message, Record, Wave, World, wipe, write
from tests.onboarding.test_analytics import small_world
from tests.support.browsing import signed_in

PAGE = "/admin/onboarding-analytics/"


@pytest.fixture
def team(tenant: object) -> None:
    for role in ("manager", "staff"):
        User.objects.get_or_create(email=f"{role}@shop.example", defaults={"role": role, "is_staff": True})


def workbook(client: Client, **asked: str) -> CalamineWorkbook:
    answer = client.post(PAGE + "export.xlsx", asked)
    assert answer.status_code == 200 and answer.streaming
    return CalamineWorkbook.from_filelike(io.BytesIO(answer.getvalue()))


def test_the_page_shows_every_figure_with_its_meaning(owner):
    write(small_world())
    page = owner.get(PAGE).content.decode()
    for metric in metrics(onboarding_analytics(Period())):
        assert f'aria-describedby="m-{metric.key}"' in page and f'role="tooltip" class="told" id="m-{metric.key}"' in page
        assert metric.said in page
    assert page.count('role="img"') == 2 and "Imported 2; Invited 2; Delivered 2; Registered 1; First booking 1." in page
    assert "Wave 0" in page and "Wave 1" not in page  # the other is no invitation
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_without_lists_the_page_says_where_to_begin(owner):
    page = owner.get(PAGE).content.decode()
    assert "No list has brought anybody yet" in page and "/admin/customers/import/" in page
    assert workbook(owner).get_sheet_by_name("Campaigns").to_python()[1:] == []


@pytest.mark.parametrize("role", ["owner", "manager", "staff"])
def test_owners_and_managers_look_and_staff_do_not(team, role):
    client, status = signed_in(f"{role}@shop.example"), 403 if role == "staff" else 200
    assert client.get(PAGE).status_code == status
    assert client.post(PAGE + "export.xlsx").status_code == status
    assert (PAGE in client.get("/admin/").content.decode()) == (status == 200)
    if role == "manager":
        assert "/admin/customers/import/" not in client.get(PAGE).content.decode()


def test_a_stranger_signs_in_first(tenant):
    client = Client(HTTP_HOST="shop.localhost")
    for answer in (client.get(PAGE), client.post(PAGE + "export.xlsx")):
        assert answer.status_code == 302 and "/admin/login/" in answer["Location"]


def test_only_a_post_takes_the_numbers_along_and_only_from_our_own_pages(owner):
    assert owner.get(PAGE + "export.xlsx").status_code == 405 and owner.post(PAGE).status_code == 405
    careful = Client(HTTP_HOST="shop.localhost", enforce_csrf_checks=True)
    careful.force_login(User.objects.get(email="owner@shop.example"), backend="django.contrib.auth.backends.ModelBackend")
    assert careful.post(PAGE + "export.xlsx").status_code == 403


def test_another_business_sees_nothing_of_ours(tenant, indian_tenant):
    with schema_context("shop"):
        write(small_world())
    with schema_context("salon"):
        client = signed_in("owner@salon.example", "salon.localhost")
        page = client.get(PAGE).content.decode()
        assert "No list has brought anybody yet" in page and "Wave" not in page
        assert workbook(client).get_sheet_by_name("Figures").to_python()[3][:2] == ["Imported", 0.0]


@pytest.mark.parametrize(
    "asked",
    [
        {"first": "soon"}, {"first": "2026-02-31"}, {"last": "9999-12-31"}, {"first": "0001-01-01", "last": "9999-12-30"},
        {"first": "2026-12-01", "last": "2026-01-01"}, {"first": "9998-01-01"}, {"unit": "fortnight"}, {"first": "2000-01-01", "unit": "day"},
        {"first": "2026-01-01' OR 1=1"}, {"first": "٢٠٢٦-٠١-٠١"}, {"last": "1970-01-01", "unit": "month"},
    ],
)  # fmt: skip
def test_no_nonsense_in_the_address_breaks_the_page_or_the_workbook(owner, asked):
    write(small_world())
    assert owner.get(PAGE, asked).status_code == 200
    assert workbook(owner, **asked).sheet_names == ["Figures", "Funnel", "Course", "Campaigns"]


def test_days_the_wrong_way_round_are_turned(owner):
    write(small_world())
    page = owner.get(PAGE, {"first": "2026-12-01", "last": "2026-01-01"}).content.decode()
    assert 'name="first" type="date" value="2026-01-01"' in page and "until Dec 1, 2026" in page


def test_the_workbook_holds_every_number_and_no_formula(owner):
    write(small_world())
    Campaign.objects.filter(key="wave-0").update(name="=HYPERLINK(1)")
    book, found = workbook(owner), onboarding_analytics(Period())
    figures = {row[0]: row[1:] for row in book.get_sheet_by_name("Figures").to_python()}
    for metric in metrics(found):
        if metric.key != "total_discount_given":
            value, meaning = figures[metric.label]
            assert meaning == metric.meaning
            assert value == ("" if metric.value is None else round(metric.value, 1))
    assert figures["Discount given (USD)"][0] == 5
    funnel = book.get_sheet_by_name("Funnel").to_python()[1:]
    assert [row[1] for row in funnel] == [stage.people for stage in found.funnel]
    course = book.get_sheet_by_name("Course").to_python()[1:]
    assert [sum(column) for column in zip(*(row[1:] for row in course), strict=True)] == list(found.totals)
    heading, line = book.get_sheet_by_name("Campaigns").to_python()
    numbers, (campaign,) = dict(zip(heading, line, strict=True)), campaign_comparison(Period())
    assert numbers["Campaign"] == "'=HYPERLINK(1)" and numbers["Offer"] == "Offer 0"
    assert [numbers[name] for name in ("People", "Sent", "Delivered", "Registered", "Booked", "Offers used", "Discount given (USD)")] == [
        campaign.people, campaign.sent, campaign.delivered, campaign.registered, campaign.booked, campaign.offers_redeemed, 5.7,
    ]  # fmt: skip


def test_taking_it_along_is_in_the_audit_trail_and_looking_is_not(owner):
    write(small_world())
    owner.get(PAGE)
    assert not AuditEntry.objects.exists()
    workbook(owner, first="2026-01-01", last="2099-01-01")
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor.email) == ("onboarding_analytics_exported", "owner@shop.example")
    assert entry.details == {"people": 2, "campaigns": 1, "first": "2026-01-01", "last": "2099-01-01"}
    assert not PersonalDataAccess.objects.exists()


def test_nobody_is_named_before_or_after_they_are_erased(owner):
    customers = write(small_world())
    before = owner.get(PAGE).content.decode()
    erase_person(customers[1], reason="asked", actor=None)
    for page in (before, owner.get(PAGE).content.decode()):
        assert not any(customer.name in page for customer in customers)
    assert Customer.objects.get(pk=customers[1].pk).name == ""


def test_the_page_asks_as_often_for_a_thousand_people_as_for_ten(owner):
    def queries(count: int) -> int:
        wipe()
        records = [Record(100, 50, True, number) for number in range(count)]
        messages = [Message(0, number, "sent", "sms", 90, "delivered") for number in range(count)]
        write(World(records, [Wave("invitation", 99, 0)], messages, [], []))
        owner.get(PAGE)
        with CaptureQueriesContext(connection) as captured:
            assert owner.get(PAGE).status_code == 200
        return len(captured)

    assert queries(10) == queries(1_000)
