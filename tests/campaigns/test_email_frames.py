"""A framed email is the email that would have been written for each person by itself."""

import html
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.services.email_frames import EmailWords, FramedEmail
from servicepro.lib.merge_fields import Template

FIELDS = frozenset({"first_name", "points", "preferences_link"})
FALLBACKS = {"first_name": "there", "points": "0"}
LINK = "https://shop.example/u/abc"
WORDS = st.text(st.sampled_from("ab%{}|-1<&'\"é ") | st.characters(exclude_categories=["Cs"]), max_size=30)
OWNER = st.lists(WORDS | st.sampled_from(["{{first_name}}", "{{first_name|friend & co}}", "{{points}}", "%1%"]), max_size=6).map("".join)


def template(text: str) -> Template:
    return Template(text, FIELDS, FALLBACKS)


def framed(subject: str = "Hi", text: str = "Hi", page: str = "<p>Hi</p>", **more) -> FramedEmail:
    return FramedEmail(EmailWords(template(subject), template(text), template(page), sender="Shop & Co, Main St", **more))


def values(name: str = "Ann", points: str = "5") -> dict[str, str]:
    return {"first_name": name, "points": points, "preferences_link": "https://shop.example/p/abc"}


@settings(max_examples=200, deadline=None)
@given(subject=OWNER, text=OWNER, page=OWNER, name=WORDS, points=WORDS, seed=st.integers())
def test_any_words_and_any_name_arrive_as_they_were_written_in_whatever_order_tokens_are_filled(subject, text, page, name, points, seed):
    email, own = framed(subject, text, page), values(name, points)
    filled = [email.frame.subject, email.frame.text.rsplit("\n\n--\n", 1)[0], email.frame.html.rsplit("<hr>", 1)[0]]
    substitutions = list(email.substitutions(own, LINK).items())
    random.Random(seed).shuffle(substitutions)
    for token, value in substitutions:
        filled = [part.replace(token, value) for part in filled]
    assert filled[0] == template(subject).render(own)
    assert filled[1] == template(text).render(own)
    assert filled[2] == template(page).render(own, escape=True)


def test_the_words_stand_in_the_frame_and_only_small_values_beside_it():
    email = framed(text="There are free places. " * 500 + "{{first_name}}")
    assert sum(map(len, email.substitutions(values(), LINK).values())) < 200
    assert "Ann" not in email.frame.text and len(email.frame.text) > 10_000


def test_nobodys_name_is_read_as_anothers_token():
    email = framed(text="{{first_name}} {{points}}")
    tokens = list(email.substitutions(values(), LINK))
    for guess in ("%1%", "{{points}}", "%-1%", tokens[0][:-1], "%"):
        assert email.filled(values(guess), LINK).text.startswith(f"{guess} 5\n")
    assert not set(tokens) & set(framed(text="{{first_name}} {{points}}").substitutions(values(), LINK))


def test_who_has_no_value_reads_what_stands_in():
    email = framed("{{first_name|friend}}", "{{first_name}}, {{points}}", "<p>{{first_name|A &amp; B}}</p>")
    filled = email.filled(values("", ""), LINK)
    assert filled.subject == "friend" and filled.text.startswith("there, 0\n") and filled.html.startswith("<p>A &amp; B</p>")


def test_no_owner_can_leave_out_who_sends_it_and_how_to_stop_it():
    filled = framed(limits="Points <= 5", has_preferences=True).filled(values(), LINK)
    for body, escape in ((filled.text, str), (filled.html, html.escape)):
        for needed in ("Shop & Co, Main St", "Points <= 5"):
            assert escape(needed) in body
        assert LINK in body and "https://shop.example/p/abc" in body
    assert "https://shop.example/p/abc" not in framed().filled(values(), LINK).html
