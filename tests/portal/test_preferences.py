"""The page behind a message's link, where anybody with the link says what may be sent, without signing in."""

import re

import pytest
from django.test import Client

from campaigns.models import Campaign, Target
from campaigns.selectors import PREFERENCES_LINK, UNSUBSCRIBE_LINK
from customers.models import ConsentEvent, Customer, Suppression
from customers.selectors import consent_facts
from customers.services import erase_person, merge_customers, register_customer, suppress
from servicepro.lib.signing import sign_number
from tests.conformance.walk import fingerprint
from tests.portal.conftest import EMAIL, PHONE


@pytest.fixture
def target(ana: Customer) -> Target:
    campaign = Campaign.objects.create(key="messaging-test", kind="messaging", name="Summer")
    return Target.objects.create(campaign=campaign, customer=ana, name=ana.name, email=EMAIL, phone=PHONE)


@pytest.fixture
def page(target: Target) -> str:
    return f"/p/{sign_number(PREFERENCES_LINK, 'shop', target.pk)}"


@pytest.fixture
def click(target: Target) -> str:
    return f"/u/{sign_number(UNSUBSCRIBE_LINK, 'shop', target.pk)}"


@pytest.fixture
def visitor(browser) -> Client:
    return browser(enforce_csrf_checks=True)


def words(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def facts(customer: Customer):
    return consent_facts({customer.pk})[customer.pk]


def test_looking_changes_nothing_and_names_nobody(visitor, page):
    before = fingerprint("shop")
    answer = visitor.get(page)
    assert answer.status_code == visitor.head(page).status_code == 200
    assert "Offers by email: on" in words(answer) and "Offers by text: on" in words(answer)
    assert not any(secret in answer.content.decode() for secret in ("Ana", EMAIL, PHONE, PHONE[-4:]))
    assert answer["Referrer-Policy"] == "no-referrer" and answer["X-Robots-Tag"] == "noindex" and not answer.cookies
    assert "no-store" in answer["Cache-Control"] and fingerprint("shop") == before


@pytest.mark.parametrize("channel", ["sms", "email", "whatsapp"])
def test_one_press_turns_a_channel_off_or_on_and_keeps_the_words(visitor, page, ana, channel):
    for wanted, action in (("yes", "granted"), ("no", "withdrawn")):
        answer = visitor.post(page, {"channel": channel, "wanted": wanted}, follow=True)
        assert "Your choice is saved" in words(answer)
        event = ConsentEvent.objects.latest("pk")
        assert (event.channel, event.action, event.source, event.customer_id) == (channel, action, "link", ana.pk)
        assert event.wording.startswith("Clean Machine Auto Detail may ") and event.actor.startswith("target:")
    assert (facts(ana).sms_opt_out, facts(ana).email_opt_out) == (channel == "sms", channel == "email")


def test_everything_stops_with_one_press_and_one_channel_comes_back(visitor, page, ana):
    assert "no more offers, on any channel" in words(visitor.post(page, {"channel": "all", "wanted": "no"}, follow=True))
    assert facts(ana).opted_out
    told = ConsentEvent.objects.values_list("channel", "action", "source")
    assert sorted(told) == [("email", "withdrawn", "link"), ("sms", "withdrawn", "link"), ("whatsapp", "withdrawn", "link")]
    assert "Stop all offers" not in words(visitor.get(page))
    visitor.post(page, {"channel": "email", "wanted": "yes"})
    assert (facts(ana).opted_out, facts(ana).email_opt_out, facts(ana).sms_opt_out) == (False, False, True)


@pytest.mark.parametrize("wish", [{"channel": "email", "wanted": "no"}, {"channel": "all", "wanted": "no"}])
def test_twice_is_once(visitor, page, wish):
    visitor.post(page, wish)
    before = fingerprint("shop")
    assert visitor.post(page, wish).status_code == 303
    assert fingerprint("shop") == before


@pytest.mark.parametrize("wish", [{}, {"channel": "fax", "wanted": "yes"}, {"channel": "all", "wanted": "yes"}])
def test_a_strange_wish_changes_nothing(visitor, page, wish):
    before = fingerprint("shop")
    answer = visitor.post(page, wish)
    assert answer.status_code == 303 and answer["Location"] == page
    assert fingerprint("shop") == before


def test_a_stop_by_text_and_a_bounce_are_not_undone_by_a_press(visitor, page):
    suppress(channel="sms", address=PHONE, reason="stop_keyword", event_key="x")
    suppress(channel="email", address=EMAIL, reason="hard_bounce", event_key="y")
    shown = words(visitor.get(page))
    assert "Text START to the same number first" in shown and "came back" in shown
    for channel in ("sms", "email"):
        visitor.post(page, {"channel": channel, "wanted": "yes"})
    assert Suppression.objects.filter(lifted_at=None).count() == 2


@pytest.mark.parametrize("token", ["x", "AQ-" + "A" * 12, "-" * 40, "a" * 3000])
def test_a_forged_link_is_a_friendly_page_that_is_not_found(visitor, tenant, token):
    before = fingerprint("shop")
    for door in ("p", "u"):
        for answer in (visitor.get(f"/{door}/{token}"), visitor.post(f"/{door}/{token}", {"channel": "all", "wanted": "no"})):
            assert answer.status_code == 404 and "We do not know this link" in words(answer) and "Nothing was changed" in words(answer)
    assert fingerprint("shop") == before


def test_the_link_of_one_purpose_opens_no_other(visitor, page, click):
    assert visitor.get(page.replace("/p/", "/u/")).status_code == visitor.get(click.replace("/u/", "/p/")).status_code == 404


def test_unsubscribing_offers_to_change_ones_mind_and_can_be_done_again(visitor, click, page, ana):
    for turn in (1, 2):
        answer = visitor.post(click)
        assert answer.status_code == 200 and "will not send you offers by email" in words(answer)
        assert page in answer.content.decode() and "Change your mind" in words(answer)
        assert facts(ana).email_opt_out and Suppression.objects.filter(lifted_at=None).count() == 1
        assert visitor.post(click).content == answer.content
        assert ConsentEvent.objects.filter(action="withdrawn").count() == turn
        visitor.post(page, {"channel": "email", "wanted": "yes"})
        assert not facts(ana).email_opt_out and not Suppression.objects.filter(lifted_at=None).exists()


def test_the_link_to_a_record_that_was_merged_speaks_for_the_whole_person(visitor, page, ana):
    kept = register_customer(name="Ana S.", phone_text="+15125550199")
    merge_customers(kept, ana, actor=None)
    visitor.post(page, {"channel": "all", "wanted": "no"})
    assert facts(kept).opted_out and facts(ana).opted_out


def test_the_link_of_somebody_erased_opens_nothing(visitor, page, ana):
    erase_person(ana, actor=None, reason="asked")
    assert visitor.get(page).status_code == visitor.post(page, {"channel": "email", "wanted": "yes"}).status_code == 404
