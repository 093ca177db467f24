"""The last two steps of a messaging campaign: what it says is kept as it was typed, and nothing goes that was not confirmed."""

import datetime
from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from bookings.models import Place
from campaigns.models import Campaign
from campaigns.services import messaging_drafts as drafts
from campaigns.services.messaging_words import content_hints, content_problems, unkeepable
from campaigns.types import EVERYBODY, MessagingContent, Selection
from campaigns.views.message_editor import guess_fields
from customers.models import Customer, PersonalDataAccess
from messaging.types import WhatsappTemplate
from tenants.accounts.models import AuditEntry, User
from tests.campaigns.messaging_shop import a_place, agreed, another_owner
from tests.support.simulator import SimulatorProcess

WORDS = {
    "email_subject": "Spring at {{business_name}}",
    "email_html": '<div>Hi {{first_name|there}}, <a href="{{booking_link}}">book</a></div>',
    "email_format": "html",
    "whatsapp_text": "Hi {{first_name|there}}, it is spring at {{business_name}}. Reply STOP to get no more of these.",
}
DUE = datetime.datetime(2027, 3, 10, 15, 0, tzinfo=datetime.UTC)


@pytest.fixture
def jody(tenant) -> User:
    return User.objects.get(email="owner@shop.example")


@pytest.fixture
def place(tenant) -> Place:
    return a_place()


@pytest.fixture
def people(place: Place) -> list[Customer]:
    return [*agreed(2, place), *agreed(1, place, name="Ana Ruiz", email="ana@example.com", whatsapp_consent=True)]


@pytest.fixture
def draft(jody: User, place: Place, people: list[Customer]) -> Campaign:
    """A campaign to three people by both channels, about to be written."""
    made = drafts.create_messaging_campaign(actor=jody, name="Spring news")
    drafts.save_places(made, actor=jody, place_ids=[place.pk])
    drafts.save_channels(made, actor=jody, channels={"email", "whatsapp"})
    drafts.save_selection(made, actor=jody, selection=Selection((place.pk,)).mark(EVERYBODY, is_added=True))
    return made


@pytest.fixture
def written(draft: Campaign, jody: User) -> Campaign:
    content = {name: value for name, value in WORDS.items() if name != "email_format"}
    drafts.save_content(draft, actor=jody, content=MessagingContent(**content))
    return draft


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(DUE, tick=False) as traveller:
        yield traveller


def url(campaign: Campaign, step: int) -> str:
    return f"/admin/messages/{campaign.pk}/edit/{step}/"


def post(owner: Client, campaign: Campaign, step: int, then: str, **typed: object):
    answer = owner.post(url(campaign, step), {**typed, "then": then})
    campaign.refresh_from_db()
    return answer


def test_what_is_written_is_kept_with_a_plain_twin_and_leads_to_the_last_step(owner: Client, draft: Campaign):
    answer = post(owner, draft, 5, "next", **WORDS)

    assert answer.url == url(draft, 6)
    assert draft.email_html == '<div>Hi {{first_name|there}}, <a href="{{booking_link}}">book</a></div>'
    assert draft.email_text == "Hi {{first_name|there}}, book ({{booking_link}})"
    assert (draft.email_subject, draft.sms_text) == (WORDS["email_subject"], WORDS["whatsapp_text"])
    assert owner.get(url(draft, 5)).content.decode().count("Spring at {{business_name}}") >= 1


def test_scripts_in_what_was_typed_are_neither_kept_nor_shown(owner: Client, draft: Campaign):
    attack = '<div>Hi<img src=x onerror="alert(1)"><script>alert(2)</script><a href="javascript:alert(3)">x</a></div>'
    shown = owner.post(url(draft, 5), {**WORDS, "email_html": attack, "part": "preview"}).content.decode()
    post(owner, draft, 5, "save", **WORDS | {"email_html": attack})
    page = owner.get(url(draft, 5)).content.decode()

    assert draft.email_html == "<div>Hi<a>x</a></div>"
    for text in (shown, page, owner.post(url(draft, 5), {**WORDS, "email_html": attack, "then": "look"}).content.decode()):
        assert "alert(" not in text and "onerror" not in text


@pytest.mark.parametrize("subject", ["Hi\r\nBcc: a@b.example", "Hi\nX: y", "Hi\0", "x" * 201])
def test_a_subject_that_would_open_another_header_is_refused_beside_its_field(owner: Client, draft: Campaign, subject: str):
    answer = post(owner, draft, 5, "save", **WORDS | {"email_subject": subject})

    assert answer.status_code == 400 and b'id="email_subject-wrong"' in answer.content
    assert draft.email_subject == ""


@pytest.mark.parametrize("then", ["back", "save", "step-2"])
def test_whoever_leaves_is_not_held_up_by_what_is_missing_and_loses_nothing(owner: Client, draft: Campaign, then: str):
    answer = post(owner, draft, 5, then, email_subject="Half", email_html="", email_format="html", whatsapp_text="Hi {{frst_name}}")

    assert answer.status_code == 302
    assert (draft.email_subject, draft.sms_text) == ("Half", "Hi {{frst_name}}")


def test_whoever_goes_on_is_told_of_everything_that_is_missing_and_it_is_kept(owner: Client, draft: Campaign):
    answer = post(
        owner, draft, 5, "next", email_subject="", email_html="<div><br></div>", email_format="html", whatsapp_text="Hi {{frst_name}}"
    )
    page = answer.content.decode()

    assert answer.status_code == 400
    for field in ("email_subject", "email_html", "whatsapp_text"):
        assert f'id="{field}-wrong"' in page and f'href="#{field}"' in page
    assert "Did you mean {{first_name}}?" in page
    assert draft.sms_text == "Hi {{frst_name}}"


def test_without_scripts_plain_words_become_an_email_and_kept_formatting_stays(owner: Client, draft: Campaign):
    plain = {"email_subject": "Hi", "email_format": "plain", "whatsapp_text": "Hi"}
    post(owner, draft, 5, "save", **plain, email_plain="Hi <b>,\r\n\r\nsee https://shop.test/a?b=1&c=2.")
    assert draft.email_html == (
        '<div>Hi &lt;b&gt;,<br><br>see <a href="https://shop.test/a?b=1&amp;c=2">https://shop.test/a?b=1&amp;c=2</a>.</div>'
    )
    assert draft.email_text == "Hi <b>,\n\nsee https://shop.test/a?b=1&c=2."

    post(owner, draft, 5, "save", **plain, email_html="<div>a <strong>b</strong></div>")
    before = draft.email_html
    post(owner, draft, 5, "save", **plain, email_plain=draft.email_text)
    assert draft.email_html == before


def test_words_of_a_channel_that_is_not_chosen_stay_as_they_were(owner: Client, written: Campaign, jody: User):
    drafts.save_channels(written, actor=jody, channels={"whatsapp"})
    post(owner, written, 5, "save", whatsapp_text="Only this", content_sid="")

    assert (written.sms_text, written.email_subject) == ("Only this", WORDS["email_subject"])
    assert "first_name" in written.email_html


def test_a_campaign_that_is_no_draft_any_more_is_not_changed(owner: Client, written: Campaign):
    Campaign.objects.filter(pk=written.pk).update(status="scheduled")
    answer = post(owner, written, 5, "next", **WORDS | {"email_subject": "Other"})
    assert answer.url == f"/admin/messages/{written.pk}/"
    assert written.email_subject == WORDS["email_subject"]


def test_it_is_shown_as_a_chosen_customer_and_whose_name_was_looked_at_is_recorded(owner: Client, draft: Campaign, people: list[Customer]):
    found = owner.post(url(draft, 5), {**WORDS, "who": "ana", "part": "people"}).content.decode()
    assert "Ana Ruiz" in found and "ana@example.com" in found and "Person" not in found
    assert PersonalDataAccess.objects.filter(subject="message preview").exists()

    shown = owner.post(url(draft, 5), {**WORDS, "as": str(people[2].pk), "part": "preview"}).content.decode()
    assert "As Ana Ruiz would get it" in shown and "Hi Ana," in shown
    assert 'sandbox=""' in shown and "srcdoc=" in shown
    draft.refresh_from_db()
    assert draft.email_subject == ""


def test_nobody_outside_the_selection_is_shown(owner: Client, draft: Campaign):
    stranger = Customer.objects.create(name="Olga Berg", email="olga@example.com", gdpr_marketing_consent=False)
    shown = owner.post(url(draft, 5), {**WORDS, "as": str(stranger.pk), "part": "preview"}).content.decode()
    assert "Olga" not in shown
    assert "Olga" not in owner.post(url(draft, 5), {**WORDS, "who": "olga", "part": "people"}).content.decode()


@pytest.mark.parametrize("odd", ["", "x", "-1", "٣", "9" * 30])
def test_nonsense_in_the_fields_of_the_page_is_no_failure_of_ours(owner: Client, draft: Campaign, odd: str):
    for part in ("preview", "people", "templates", odd):
        fields = {"as": odd, "who": odd, "content_sid": odd, f"map-{odd}-1": odd, "email_format": odd, "part": part, "then": odd}
        assert owner.post(url(draft, 5), {**WORDS, **fields}).status_code in (200, 302, 400)
    assert owner.post(url(draft, 6), {"then": "send", "when": odd, "day": odd, "time": odd, "count": odd}).status_code in (302, 400)


def test_an_approved_template_is_chosen_with_what_stands_where_nothing_is_known(
    owner: Client, draft: Campaign, simulator: SimulatorProcess, jody: User
):
    drafts.save_channels(draft, actor=jody, channels={"whatsapp"})
    listed = owner.post(url(draft, 5), {"content_sid": "", "part": "templates"}).content.decode()
    sid = next(part[:34] for part in listed.split('value="')[1:] if part.startswith("HX") and "disabled" not in part[:60])
    numbers = sorted({part.split('"')[0] for part in listed.split(f'name="map-{sid}-')[1:]})
    mapped = {f"map-{sid}-{number}": "first_name" for number in numbers} | {f"or-{sid}-{number}": "friend" for number in numbers}
    answer = post(owner, draft, 5, "next", content_sid=sid, whatsapp_text="", **mapped)

    assert answer.url == url(draft, 6), answer.content.decode()
    assert draft.content_variables == dict.fromkeys(numbers, "first_name|friend")
    assert "friend" in owner.post(url(draft, 5), {"content_sid": sid, "part": "templates", **mapped}).content.decode()


def test_a_template_whose_numbers_stand_for_nothing_is_refused(owner: Client, draft: Campaign, simulator: SimulatorProcess):
    answer = post(owner, draft, 5, "next", **WORDS | {"content_sid": "HX" + "0" * 32})
    assert answer.status_code == 400 and b'id="content_sid-wrong"' in answer.content


def test_what_a_templates_numbers_stand_for_is_guessed():
    body = "Hi {{1}}, you have {{2}} reward points. Book: {{3}}. {{4}} is open for {{5}} days."
    samples = {"1": "Ann", "2": "120", "3": "https://x.test", "4": "words", "5": "30"}
    assert guess_fields(WhatsappTemplate("HX1", "t", "en", body, samples, "approved")) == {
        "1": "first_name|there",
        "2": "points|0",
        "3": "booking_link",
    }


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ("<div>Hi {{first_<strong>name</strong>}}</div>", "A format ends inside the field {{first_name}}"),
        ("<div>Hi {<em>{first_name}}</em></div>", "A format ends inside the field"),
        ("<div>Hi {{first_name|<em>you</em>}}</div>", "A format ends inside the field {{first_name|you}}"),
        ("<div>Hi {first_name}</div>", "two braces"),
        ("<div>Hi {{first_name</div>", "without its }}"),
        ("<div>Hi {{first_name|a|b}}</div>", "single |"),
        ('<div><a href="https://x.test/{{nme}}">x</a></div>', "We cannot fill {{nme}}"),
    ],
)
def test_a_field_that_would_stand_in_the_email_as_it_is_is_objected_to(tenant, page: str, sentence: str):
    found = content_problems(MessagingContent(email_subject="Hi", email_html=page), ["email"])
    assert sentence in found["email_html"]


@pytest.mark.parametrize("odd", ["\0", "\ud800"])
def test_what_no_column_holds_is_refused_wherever_it_stands(tenant, odd: str):
    content = MessagingContent(f"Hi{odd}", "<div>Hi</div>", f"Hi{odd}", "HX" + "1" * 32, {"1": f"first_name|{odd}"})
    assert set(unkeepable(content)) == {"email_subject", "whatsapp_text", "content_sid"}


def test_hints_stand_against_nothing(tenant, settings):
    settings.WHATSAPP_MARKETING_TO_US = False
    content = MessagingContent("SPRING IS HERE!!", "<div>Hi, http://bit.ly/x</div>", "Come to http://shop.test")
    assert content_problems(content, ["email", "whatsapp"]) == {}
    hints = content_hints(content, ["email", "whatsapp"], "Bright Nails")
    assert len(hints["email"]) == 4 and len(hints["whatsapp"]) == 5
    assert list(content_hints(content, ["email"], "Shop")) == ["email"]


def test_the_summary_says_how_many_by_which_way_why_not_the_others_and_what_it_costs(owner: Client, written: Campaign):
    page = owner.get(url(written, 6)).content.decode()

    assert "<strong>3</strong> of 3 selected customers get a message" in page
    assert "<strong>3</strong> by email" in page and "<strong>0</strong> by WhatsApp" in page
    assert "Not by WhatsApp:" in page and "approved templates" in page
    assert "Type 3 to confirm" in page


def test_what_is_missing_in_other_steps_is_named_with_a_way_there_and_nothing_can_be_sent(owner: Client, draft: Campaign):
    page = owner.get(url(draft, 6)).content.decode()
    assert 'value="step-5"' in page and "Give the email a subject." in page and 'value="send"' not in page

    answer = post(owner, draft, 6, "send", when="now", count="3")
    assert answer.status_code == 400 and draft.status == "draft"


@pytest.mark.parametrize("count", ["", "2", "x", "4", "-3", "3.0", "٣"])
def test_nothing_goes_without_the_number_of_people(owner: Client, written: Campaign, count: str):
    answer = post(owner, written, 6, "send", when="now", count=count)
    assert answer.status_code == 400 and b'id="count-wrong"' in answer.content
    assert (written.status, written.targets.count()) == ("draft", 0)


def test_it_is_sent_in_the_background_once_the_number_is_typed(owner: Client, written: Campaign):
    answer = post(owner, written, 6, "send", when="now", count="3")
    assert answer.url == f"/admin/messages/{written.pk}/"
    assert (written.status, written.confirmed_count) in (("scheduled", 3), ("running", 3), ("completed", 3))
    assert AuditEntry.objects.filter(action="campaign_start_requested").exists()


def test_it_is_put_on_the_calendar_on_the_clock_of_the_business(clock: time_machine.Traveller, owner: Client, written: Campaign):
    answer = post(owner, written, 6, "send", when="later", day="2027-03-12", time="10:30", count="3")
    assert answer.url == f"/admin/messages/{written.pk}/"
    assert (written.status, written.confirmed_count) == ("scheduled", 3)
    assert written.scheduled_at is not None and written.scheduled_at > timezone.now()


@pytest.mark.parametrize(
    ("day", "time", "field", "sentence"),
    [
        ("2027-03-09", "10:00", "day", "passed"),
        ("2027-03-14", "02:30", "day", "clocks are put forward"),
        ("2029-03-14", "10:30", "day", "year"),
        ("", "10:00", "day", "Choose the day"),
        ("2027-03-12", "", "time", "Choose the time"),
        ("tomorrow", "10:00", "day", "not a date"),
        ("2027-03-12", "26:00", "time", "not a time"),
    ],
)
def test_a_time_that_does_not_come_is_refused_beside_its_field(
    clock: time_machine.Traveller, owner: Client, written: Campaign, day: str, time: str, field: str, sentence: str
):  # fmt: skip
    answer = post(owner, written, 6, "send", when="later", day=day, time=time, count="3")
    page = answer.content.decode()
    assert answer.status_code == 400 and f'id="{field}-wrong"' in page and sentence in page
    assert written.status == "draft"


def test_a_time_that_was_chosen_is_still_there_after_looking_at_earlier_steps(owner: Client, written: Campaign):
    assert post(owner, written, 6, "back", when="later", day="2030-03-12", time="10:30").url == url(written, 5)
    page = owner.get(url(written, 6)).content.decode()
    assert 'value="2030-03-12"' in page and 'value="10:30"' in page


def test_a_key_pressed_in_a_field_sends_nothing(owner: Client, written: Campaign):
    assert post(owner, written, 6, "next", when="now", count="3").url == url(written, 6)
    assert written.status == "draft"


def test_a_campaign_to_customers_of_a_place_of_others_is_none_to_an_owner(owner: Client, written: Campaign, place: Place):
    place.owners.add(another_owner())
    pages = ["", *(f"edit/{step}/" for step in ("", *range(1, 7))), "progress/", "targets/", "why/1/"]

    assert {owner.get(f"/admin/messages/{written.pk}/{page}".replace("edit//", "edit/")).status_code for page in pages} == {404}
    assert {owner.post(f"/admin/messages/{written.pk}/{page}").status_code for page in ("export/", "cancel/", "edit/5/", "edit/6/")} == {
        404
    }
    written.refresh_from_db()
    assert written.status == "draft"
