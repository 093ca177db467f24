"""Phones and mailboxes, as a person with a browser finds them."""

import html
import re
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html as tree

OWN, PERSON, READER = "+15125550100", "+15125550142", "p@example.com"
NASTY = "<script>alert('x')</script> \"&amp;\" <img src=x onerror=alert(1)>"


@pytest.fixture
def texts(server, twilio):
    """Text a person."""
    server.faults(callbacks="off")
    return lambda body, to=PERSON: twilio.messages.create(to=to, from_=OWN, body=body)


@pytest.fixture
def mails(server, sendgrid):
    """Email a reader."""

    def send(text="Hello", markup=None, subject="Hello", **headers):
        content = [{"type": "text/plain", "value": text}] + ([{"type": "text/html", "value": markup}] if markup else [])
        person = {"to": [{"email": READER}], "subject": subject, "headers": headers}
        body = {"personalizations": [person], "from": {"email": "us@shop.example"}, "content": content}
        sendgrid.client.mail.send.post(request_body=body)

    return send


@pytest.fixture
def show(server, browser):
    """Open a page and return it parsed."""

    def page(path):
        answer = browser.get(server.base_url + path)
        assert answer.status_code == 200 and answer.headers["Content-Type"] == "text/html; charset=utf-8"
        return tree.fromstring(answer.content)

    return page


def submit(browser, server, page, button):
    """Press a button of a page, as a browser would; return the answer."""
    (form,) = [form for form in page.forms if button in form.text_content()]
    return browser.post(server.base_url + form.action, dict(form.form_values()))


def bubbles(page):
    """Return what a phone shows, oldest first."""
    return page.xpath("//*[contains(@class, 'bubble')]/text()")


def test_an_empty_simulator_says_so(show):
    assert "No texts yet." in show("/").text_content() and "No emails yet." in show("/").text_content()
    assert "No texts yet." in show("/phones/%2B15125559999").text_content()
    assert "No emails yet." in show("/mail/nobody@example.com").text_content()


def test_there_is_a_phone_for_each_number_and_a_mailbox_for_each_address(texts, mails, show):
    texts("first")
    texts("second")
    texts("other", "+15125550143")
    mails(subject="News")
    home = show("/")
    cards = [" ".join(" ".join(card.itertext()).split()) for card in home.xpath("//ul[@class='grid']//a")]
    assert cards == ["+15125550143 1 text other", "+15125550142 2 texts second", "p@example.com 1 email News"]
    assert [card.get("href") for card in home.xpath("//ul[@class='grid']//a")] == [
        "/phones/%2B15125550143", "/phones/%2B15125550142", "/mail/p%40example.com",
    ]  # fmt: skip


def test_a_search_finds_phones_and_mailboxes(texts, mails, show):
    texts("Hello")
    texts("Hello", "+15125550143")
    mails()
    assert [card.get("href") for card in show("/?q=0143").xpath("//ul[@class='grid']//a")] == ["/phones/%2B15125550143"]
    assert [card.get("href") for card in show("/?q=example.com").xpath("//ul[@class='grid']//a")] == ["/mail/p%40example.com"]
    assert show(f"/?q={quote(NASTY)}").xpath("//input[@id='q']")[0].value == NASTY


def test_a_phone_shows_its_texts_oldest_first(texts, show):
    texts("first")
    texts("second")
    assert bubbles(show(f"/phones/{quote(PERSON)}")) == ["first", "second"]


@pytest.mark.parametrize("end", ["", ".", ",", "!", "?", ")", '"', "\n", " and more"])
def test_a_link_in_a_text_can_be_tapped_and_ends_where_the_sentence_goes_on(texts, show, end):
    texts(f"Join: http://shop.localhost:8000/j/abc?x=1&y=2{end}")
    (link,) = show(f"/phones/{quote(PERSON)}").xpath("//*[contains(@class, 'bubble')]//a")
    assert link.get("href") == link.text == "http://shop.localhost:8000/j/abc?x=1&y=2" and link.get("rel") == "noopener"


def test_nothing_of_a_text_becomes_markup(texts, mails, show, browser, server):
    texts(f"{NASTY} http://x.example/\"onmouseover='1'><script>")
    mails(NASTY, subject=NASTY)
    for path in ("/", f"/phones/{quote(PERSON)}", f"/mail/{READER}", f"/phones/{quote(NASTY, safe='')}", f"/mail/{quote(NASTY, safe='')}"):
        page = show(path)
        assert NASTY[:20] in page.text_content()
        assert not page.xpath("//script | //img | //@onerror | //@onmouseover")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), min_size=1, max_size=200))
def test_a_phone_shows_any_text_to_the_letter(server, texts, show, body):
    server.reset()
    texts(body)
    (bubble,) = show(f"/phones/{quote(PERSON)}").xpath("//*[contains(@class, 'bubble')]")
    status = bubble.xpath(".//*[@class='soft']")[0].text_content()
    assert bubble.text_content().removesuffix(status) == body


def test_a_person_can_reply_stop(server, texts, show, browser, doors):
    server.control("POST", "numbers", {"number": OWN, "inboundUrl": doors.url("/in")})
    texts("Hello")
    answer = submit(browser, server, show(f"/phones/{quote(PERSON)}"), "Reply STOP")
    assert answer.history[0].status_code == 303 and answer.url.endswith(quote(PERSON))
    screen = bubbles(tree.fromstring(answer.content))
    assert screen == ["Hello", "STOP", "You have successfully been unsubscribed. Reply START to resubscribe."]
    (heard,) = doors.at("/in")
    assert (heard.form["From"], heard.form["To"], heard.form["Body"]) == (PERSON, OWN, "STOP")
    with pytest.raises(Exception, match="unsubscribed recipient"):
        texts("Again")


def test_a_person_can_reply_in_their_own_words(server, texts, show, browser, doors):
    server.control("POST", "numbers", {"number": OWN, "inboundUrl": doors.url("/in")})
    texts("Hello")
    page = show(f"/phones/{quote(PERSON)}")
    (form,) = [form for form in page.forms if "body" in form.fields and form.fields["body"] != "STOP"]
    form.fields["body"] = NASTY
    browser.post(server.base_url + form.action, dict(form.form_values()))
    assert doors.at("/in")[0].form["Body"] == NASTY
    assert "mine" in show(f"/phones/{quote(PERSON)}").xpath("//*[contains(@class, 'bubble')]")[1].get("class")


@pytest.mark.parametrize("form", [{}, {"number": OWN}, {"number": "", "body": "hi"}, {"number": OWN, "body": ""}])
def test_a_reply_without_words_or_number_is_refused_in_words(server, browser, form):
    answer = browser.post(f"{server.base_url}/phones/{quote(PERSON)}", form)
    assert answer.status_code == 400 and "needs a text to answer" in answer.text


def test_a_reply_cannot_break_out_of_the_address_it_returns_to(server, browser):
    answer = browser.post(f"{server.base_url}/phones/a%0d%0aX-Own:%201", {"number": OWN, "body": "hi"}, allow_redirects=False)
    assert answer.status_code == 303 and "X-Own" not in answer.headers


def test_a_mailbox_shows_the_email_in_a_frame_that_runs_no_script(mails, show):
    mails("Plain words", "<p>Rich <b>words</b></p><a href='http://shop.localhost/u/1'>leave</a>")
    (frame,) = show(f"/mail/{READER}").xpath("//iframe")
    assert frame.get("sandbox").split() == ["allow-popups", "allow-popups-to-escape-sandbox"]
    inside = tree.fromstring(frame.get("srcdoc"))
    assert inside.xpath("//base")[0].get("target") == "_blank"  # a tapped link opens a tab where forms work
    assert inside.xpath(".//a")[0].get("href") == "http://shop.localhost/u/1" and inside.xpath("//b")[0].text == "words"
    assert show(f"/mail/{READER}").xpath("//details/pre")[0].text_content() == "Plain words"


def test_an_email_of_plain_text_is_shown_as_it_stands(mails, show):
    mails(f"Dear Ann,\n\n{NASTY}\n  http://shop.localhost/j/1")
    page = show(f"/mail/{READER}")
    assert page.xpath("//iframe") == []
    (text,) = page.xpath("//details[@open]/pre")
    assert text.text_content() == f"Dear Ann,\n\n{NASTY}\n  http://shop.localhost/j/1"
    assert text.xpath(".//a")[0].get("href") == "http://shop.localhost/j/1"


def test_one_click_unsubscribes_as_a_mailbox_does(server, mails, show, browser, doors):
    doors.answer = (200, "text/plain", "")
    mails(**{"List-Unsubscribe": f"<{doors.url('/u/token?a=1&b=2')}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"})
    answer = submit(browser, server, show(f"/mail/{READER}"), "Unsubscribe")
    (call,) = doors.calls
    assert (call.path, call.body) == ("/u/token?a=1&b=2", "List-Unsubscribe=One-Click")
    assert answer.status_code == 200 and answer.history[0].status_code == 303


@pytest.mark.parametrize("status", [302, 403, 404, 500])
def test_a_one_click_link_that_does_not_work_says_so(server, mails, show, browser, doors, status):
    doors.answer = (status, "text/plain", "")
    mails(**{"List-Unsubscribe": f"<{doors.url('/u')}>"})
    answer = submit(browser, server, show(f"/mail/{READER}"), "Unsubscribe")
    assert answer.status_code == 502 and f"answered with {status}" in answer.text


def test_an_email_without_the_header_has_no_button(mails, show):
    mails()
    assert "Unsubscribe" not in show(f"/mail/{READER}").text_content()


@pytest.mark.parametrize("path", ["/nothing", "/favicon.ico", "/control/nothing"])
def test_what_is_not_there_is_not_found(server, browser, path):
    assert browser.get(server.base_url + path).status_code == 404


def test_the_title_names_the_phone(texts, server, browser):
    texts("Hello")
    page = browser.get(f"{server.base_url}/phones/{quote(PERSON)}").text
    assert html.unescape(re.search("<title>(.*)</title>", page)[1]) == PERSON
