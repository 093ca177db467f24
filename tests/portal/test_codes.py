"""A code proves an address: guessing, time, replay, another browser, many at once, and what a flood may cost."""

import datetime
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
import time_machine
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from customers.models import Customer
from customers.services import merge_customers, register_customer, suppress
from portal.errors import TooManyCodes, WrongCode
from portal.models import PortalSession, SignInCode
from portal.selectors import hashed
from portal.services import ask_for_code, clear_portal, use_code
from portal.services.codes import send_code
from portal.services.limits import refusal_to_spend
from portal.services.messages import code_text
from portal.types import Address
from servicepro.lib.segments import count_segments
from tests.portal.conftest import EMAIL, PHONE, other_than, settled

CODE = "/portal/sign-in/code"


def forget_limits() -> None:
    redis.Redis.from_url(django_settings.REDIS_URL).flushdb()


def test_the_code_of_a_text_signs_in_and_leads_back(ana, ask, browser):
    client = browser()
    code = ask(client, "(512) 555-0142", next="/portal/rewards")
    answer = client.post(CODE, {"code": f"{code[:3]} {code[3:]}", "next": "/portal/rewards"})
    assert (answer.status_code, answer["Location"]) == (302, "/portal/rewards")
    assert PortalSession.objects.get().customer == ana
    assert client.get("/portal/").status_code == 200


def test_the_text_is_one_segment_and_fills_itself_in_on_our_host_alone(ana, ask, browser, simulator):
    code = ask(browser())
    body = simulator.texts(PHONE)[-1]["body"]
    assert body.splitlines()[-1] == f"@shop.localhost #{code}"
    assert count_segments(body).segments == 1
    assert "http" not in body


@pytest.mark.parametrize("business", ["Ñandú 美容院", "A" * 120, "Zoë’s"])
def test_a_name_that_would_cost_a_second_segment_is_left_out(business):
    text = code_text("123456", business=business, host="shop.example.com")
    assert count_segments(text).segments == 1 and text.endswith("\n\n@shop.example.com #123456")


def test_an_email_code_signs_in_as_well(ana, ask, browser):
    client = browser()
    assert client.post(CODE, {"code": ask(client, "Ana@Example.com ")}).status_code == 302
    assert PortalSession.objects.get().customer == ana


def test_five_wrong_tries_burn_the_code(ana, ask, browser):
    client = browser()
    code = ask(client)
    for left in ("4 tries", "3 tries", "2 tries", "1 try", "last try"):
        answer = client.post(CODE, {"code": other_than(code)})
        assert answer.status_code == 400 and left in answer.content.decode()
    answer = client.post(CODE, {"code": code})
    assert answer.status_code == 400 and "does not work any more" in answer.content.decode()
    assert PortalSession.objects.count() == 0


def test_ten_thousand_guesses_leave_five_looked_at(ana, ask, browser):
    client = browser()
    ask(client)
    token = client.cookies["portal_code"].value
    for guess in range(10_000):
        with pytest.raises(WrongCode):
            use_code(browser_token=token, typed=f"{guess:06d}x")
    assert SignInCode.objects.get().tries == 5


def test_fifty_tries_at_once_are_still_five(ana, tenant, ask, browser):
    client = browser()
    code = ask(client)
    token = client.cookies["portal_code"].value

    def guess(number: int) -> str:
        try:
            with tenant_context(tenant):
                use_code(browser_token=token, typed=other_than(code))
        except WrongCode as error:
            return error.message
        finally:
            connection.close()
        return "opened"

    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(guess, range(50)))
    assert sum("we sent last" in answer or "last try" in answer for answer in answers) == 5
    assert SignInCode.objects.get().tries == 5 and "opened" not in answers


def test_the_right_code_entered_many_times_at_once_opens_once(ana, tenant, ask, browser):
    client = browser()
    code = ask(client)
    token = client.cookies["portal_code"].value

    def enter(_number: int) -> bool:
        try:
            with tenant_context(tenant):
                return bool(use_code(browser_token=token, typed=code))
        except WrongCode:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as threads:
        assert sum(threads.map(enter, range(20))) == 1


def test_a_code_lasts_five_minutes(ana, ask, browser):
    client = browser()
    now = timezone.now()
    code = ask(client)
    with time_machine.travel(now + datetime.timedelta(minutes=5, seconds=1)):
        assert client.post(CODE, {"code": code}).status_code == 400
    with time_machine.travel(now + datetime.timedelta(minutes=4, seconds=50)):
        assert client.post(CODE, {"code": code}).status_code == 302


def test_a_code_works_once(ana, ask, browser):
    client = browser()
    code = ask(client)
    pending = client.cookies["portal_code"].value
    assert client.post(CODE, {"code": code}).status_code == 302
    client.cookies["portal_code"] = pending
    assert client.post(CODE, {"code": code}).status_code == 400


def test_only_the_newest_code_counts(ana, ask, browser):
    first, second = browser(), browser()
    old = ask(first)
    new = ask(second)
    assert first.post(CODE, {"code": old}).status_code == 400
    assert second.post(CODE, {"code": new}).status_code == 302


def test_a_code_works_only_in_the_browser_that_asked(ana, ask, browser):
    code = ask(browser())
    stranger = browser()
    assert stranger.post(CODE, {"code": code}).status_code == 400
    stranger.cookies["portal_code"] = "x" * 43
    assert stranger.post(CODE, {"code": code}).status_code == 400


@pytest.mark.parametrize("address", ["(512) 555-0142", EMAIL])
def test_known_and_unknown_addresses_get_the_same_answers(ana, browser, address):
    """Byte for byte, bar the address they typed themselves and the form's own token."""

    def answers(typed: str) -> list[tuple[int, str]]:
        client, seen = browser(), []
        asked = client.post("/portal/sign-in", {"address": typed})
        settled()
        for answer in (asked, client.get(asked["Location"]), *(client.post(CODE, {"code": "000000x"}) for _turn in range(6))):
            body = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())
            seen.append((answer.status_code, answer.get("Location", "") + re.sub(r"<strong>(\+1512|[ax])•••[^<]*</strong>", "…", body)))
        return seen

    forget_limits()
    unknown = "(512) 555-0177" if "@" not in address else "xyz@example.com"
    assert answers(address) == answers(unknown)


def test_asking_costs_the_same_queries_whether_somebody_is_known_or_not(ana, django_assert_num_queries):
    from django.test.utils import CaptureQueriesContext

    counts = []
    for value in (PHONE, "+15125550177"):
        with CaptureQueriesContext(connection) as queries:
            ask_for_code(Address("sms", value), ip="10.0.0.1", host="shop.localhost")
        counts.append([query["sql"].split(" ")[0] for query in queries])
        settled()
    assert counts[0] == counts[1]


def test_nobody_is_texted_at_an_unknown_number(ana, ask, browser, simulator):
    assert ask(browser(), "(512) 555-0177") == ""
    assert settled().outcome == "nobody_is_known" and simulator.texts() == []


def test_an_address_gets_three_codes_in_ten_minutes_known_or_not(ana, browser):
    for typed in (PHONE, "(512) 555-0177"):
        forget_limits()
        codes = [browser().post("/portal/sign-in", {"address": typed}).status_code for _turn in range(4)]
        assert codes == [302, 302, 302, 429]
    answer = browser().post("/portal/sign-in", {"address": typed})
    assert int(answer["Retry-After"]) > 500 and "Please try again in" in answer.content.decode()


def test_one_machine_asks_twenty_times_an_hour(ana):
    for number in range(20):
        ask_for_code(Address("email", f"x{number}@example.com"), ip="10.0.0.1", host="shop.localhost")
    with pytest.raises(TooManyCodes):
        ask_for_code(Address("email", "x21@example.com"), ip="10.0.0.1", host="shop.localhost")
    ask_for_code(Address("email", "x22@example.com"), ip="10.0.0.2", host="shop.localhost")


def test_ten_thousand_requests_for_codes_cost_a_bounded_number_of_texts(ana, settings, simulator):
    settings.PORTAL_CODES_PER_DAY = 25
    people = [register_customer(name=f"P{n}", phone_text=f"+1512555{n:04d}") for n in range(200, 240)]
    people += [register_customer(name=f"Q{n}", phone_text=f"+1737555{n:04d}") for n in range(200, 240)]
    refused = 0
    for turn in range(10_000):
        try:
            ask_for_code(Address("sms", people[turn % 80].phone), ip=f"10.0.{turn // 250}.{turn % 250}", host="shop.localhost")
        except TooManyCodes:
            refused += 1
    assert refused == 10_000 - 80 * 3
    settled(60)
    for row in SignInCode.objects.filter(outcome=""):
        send_code(row.pk, "shop.localhost")
    phones = {person.phone for person in people}  # the code of an earlier test may still be on its way from a thread
    assert len([text for text in simulator.texts() if text["to"] in phones]) <= 25
    assert SignInCode.objects.filter(outcome="budget_of_the_day").exists()


def test_a_block_of_numbers_gets_thirty_texts_an_hour(tenant, simulator):
    forget_limits()
    answers = [refusal_to_spend(Address("sms", f"+1512555{n:04d}")) for n in range(40)]
    assert answers == [""] * 30 + ["too_many_for_this_block"] * 10
    assert refusal_to_spend(Address("sms", "+15125560000")) == ""


def test_no_code_leaves_for_another_country(tenant, ask, browser, simulator):
    register_customer(name="Ravi", phone_text="+919812345678")
    assert ask(browser(), "+91 98123 45678") == ""
    assert settled().outcome == "other_country" and simulator.texts() == []


def test_a_stopped_number_gets_no_text_and_may_use_email(ana, ask, browser, simulator):
    suppress(channel="sms", address=PHONE, reason="stop_keyword", event_key="x")
    client = browser()
    assert ask(client) == "" and settled().outcome == "skipped:address_suppressed"
    page = client.get(CODE).content.decode()
    assert "use your email instead" in page
    assert client.post(CODE, {"code": ask(client, EMAIL)}).status_code == 302


def test_where_nothing_can_be_counted_no_code_leaves(ana, browser, settings, simulator):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = browser().post("/portal/sign-in", {"address": PHONE})
    assert answer.status_code == 503 and "try again in a minute" in answer.content.decode()
    assert SignInCode.objects.count() == 0 and simulator.texts() == []


def test_the_code_is_kept_hashed_with_a_salt_and_is_in_no_log(ana, ask, browser, caplog):
    caplog.set_level("DEBUG")
    client = browser()
    code = ask(client)
    row = SignInCode.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT c::text FROM portal_signincode c")
        stored = cursor.fetchone()[0]
    assert PHONE not in stored and client.cookies["portal_code"].value not in stored
    assert len(row.salt) == 32 and re.fullmatch(r"[0-9a-f]{64}", row.code_hash) and row.code_hash != hashed(code)
    assert code not in caplog.text and PHONE not in caplog.text


def test_a_merged_person_signs_in_as_the_living_record(ana, sign_in, browser):
    other = register_customer(name="A. Silva", phone_text="+15125550143")
    merge_customers(ana, other, actor=None)
    client = sign_in(browser(), "+15125550143")
    assert b"Hello, Ana Silva" in client.get("/portal/").content


def test_an_email_of_two_people_opens_neither(ana, ask, browser, simulator):
    register_customer(name="Ben", phone_text="+15125550150", email=EMAIL)
    client = browser()
    assert ask(client, EMAIL) == ""
    mail = simulator.emails(EMAIL)[0]
    assert "use your phone number instead" in mail["text"] and not re.search(r"\d{6}", mail["subject"])
    assert settled().code_hash == ""


def test_an_erased_person_is_nobody(ana, ask, browser):
    from customers.services import erase_person

    client = browser()
    code = ask(client)
    erase_person(Customer.objects.get(pk=ana.pk), actor=None, reason="asked")
    assert client.post(CODE, {"code": code}).status_code == 400
    assert SignInCode.objects.count() == PortalSession.objects.count() == 0


def test_a_code_of_one_business_is_nothing_at_another(ana, ask, browser, indian_tenant):
    with schema_context("shop"):
        client = browser()
        code = ask(client)
    with schema_context("salon"):
        register_customer(name="Same", phone_text="+919812345678", email=EMAIL)
    assert client.post(CODE, {"code": code}, HTTP_HOST="salon.localhost").status_code == 400
    assert client.post(CODE, {"code": code}).status_code == 302


@pytest.mark.parametrize("typed", ["", "x", "12", "not a phone", "a@b", "+1 900 555 0100", "1" * 500, "\0", "ana@exa mple.com"])
def test_what_is_no_address_is_said_and_kept_in_the_field(tenant, simulator, browser, typed):
    answer = browser().post("/portal/sign-in", {"address": typed})
    assert answer.status_code == 400 and "There is a problem" in answer.content.decode()
    assert SignInCode.objects.count() == 0


@pytest.mark.parametrize("typed", ["", "abc", "12345", "1234567", "０１２３４５", "\0" * 6, "1" * 5_000])
def test_a_strange_code_is_only_wrong(ana, ask, browser, typed):
    client = browser()
    ask(client)
    assert client.post(CODE, {"code": typed}).status_code == 400


def test_a_new_code_can_be_sent_from_the_code_page(ana, ask, browser, simulator):
    client = browser()
    old = ask(client)
    assert client.post("/portal/sign-in/resend", {"next": "/portal/rewards"})["Location"].endswith("next=%2Fportal%2Frewards")
    settled()
    new = re.search(r"\b\d{6}\b", simulator.texts(PHONE)[-1]["body"])[0]
    assert old == new or client.post(CODE, {"code": old}).status_code == 400
    assert client.post(CODE, {"code": new}).status_code == 302


def test_old_codes_and_sessions_are_forgotten(ana, sign_in, browser):
    sign_in(browser())
    assert clear_portal() == (0, 0)
    with time_machine.travel(timezone.now() + datetime.timedelta(days=3)):
        assert clear_portal() == (1, 0)
    with time_machine.travel(timezone.now() + datetime.timedelta(days=31)):
        assert clear_portal() == (0, 1)
