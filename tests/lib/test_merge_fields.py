"""Merge fields are no template language, and nobody's name can carry a link."""

import re
import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from servicepro.lib.merge_fields import VALUE_CHARACTERS_MAX, Template, plain_value, split_fallback, unknown_fields

FIELDS = {"customer_name", "points", "magicBookingUrl"}
VALUES = {"customer_name": "Ann", "points": "500", "magicBookingUrl": "https://shop.example/o/x"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hi {{customer_name}}!", "Hi Ann!"),
        ("Hi {{ customer_name }}, {{\tpoints\n}}", "Hi Ann, 500"),
        ("{{magicBookingUrl}}", "https://shop.example/o/x"),
        ("{{customer_name}}{{customer_name}}", "AnnAnn"),
        ("{{{customer_name}}}", "{Ann}"),
        ("{{settings.SECRET_KEY}} {% load x %} {# note #}", "{{settings.SECRET_KEY}} {% load x %} {# note #}"),
        ("{{other}} {{Customer_Name}} {{customer_name|safe}}", "{{other}} {{Customer_Name}} {{customer_name|safe}}"),
        ("{{customer_name}", "{{customer_name}"),
        ("{ {customer_name} } %s {0} $points", "{ {customer_name} } %s {0} $points"),
        ("", ""),
    ],
)
def test_only_known_fields_are_filled_and_everything_else_is_text(text, filled):
    assert Template(text, FIELDS).render(VALUES) == filled


FALLBACKS = {"customer_name": "there", "points": "0"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hi {{customer_name}}, {{points}}!", "Hi there, 0!"),
        ("Hi {{ customer_name | dear guest }}", "Hi dear guest"),
        ("Hi{{customer_name|}}, {{points|no}}", "Hi, no"),
        ("{{customer_name|a|b}} {{other|x}}", "{{customer_name|a|b}} {{other|x}}"),
        ("{{magicBookingUrl|nowhere}}", "https://shop.example/o/x"),
        ("{{customer_name|{{points}}}}", "{{customer_name|0}}"),
    ],
)
def test_what_stands_in_is_the_fields_own_or_what_the_text_says(text, filled):
    empty = VALUES | {"customer_name": "", "points": ""}
    assert Template(text, FIELDS, FALLBACKS).render(empty) == filled


def test_a_value_wins_over_what_stands_in():
    assert Template("{{customer_name|you}}, {{points|no}}", FIELDS, FALLBACKS).render(VALUES) == "Ann, 500"


def test_what_stands_in_was_written_as_html_and_a_value_never_is():
    template = Template("<b>{{customer_name|Tom &amp; Co}}</b>", FIELDS, FALLBACKS)
    assert template.render(VALUES | {"customer_name": ""}, escape=True) == "<b>Tom &amp; Co</b>"
    assert template.render(VALUES | {"customer_name": "A &amp; <i>"}, escape=True) == "<b>A &amp;amp; &lt;i&gt;</b>"
    assert Template("{{customer_name|&lt;script&gt;}}", FIELDS, {}).render({"customer_name": ""}, escape=True) == "&lt;script&gt;"


def test_a_field_with_something_to_stand_in_is_known_by_its_name():
    assert unknown_fields("{{customer_name|x}} {{ points | 0 }} {{nobody|x}} {{points|a|b}}", FIELDS, with_fallbacks=True) == [
        "nobody|x",
        "points|a|b",
    ]
    assert unknown_fields("{{customer_name|x}}", FIELDS) == ["customer_name|x"]
    assert (split_fallback("points"), split_fallback(" points | no ")) == (("points", None), ("points", "no"))


def test_a_value_is_never_read_as_a_template():
    values = VALUES | {"customer_name": "{{magicBookingUrl}} {% load %} {{settings.SECRET_KEY}}"}
    assert Template("Hi {{customer_name}}", FIELDS).render(values) == "Hi {{magicBookingUrl}} {% load %} {{settings.SECRET_KEY}}"


@given(st.text("ab{}% _.", max_size=60), st.text(max_size=20))
def test_a_text_without_its_fields_stays_as_it_was_written(text, value):
    assert Template(text, ()).render({}) == text
    assert Template(text + "{{points}}", {"points"}).render({"points": value}) == text + value


def test_html_is_escaped_where_it_goes_into_html():
    rendered = Template("<b>{{customer_name}}</b>", FIELDS).render({"customer_name": "<i>&\"'"}, escape=True)
    assert rendered == "<b>&lt;i&gt;&amp;&quot;&#x27;</b>"


def test_a_field_without_a_value_is_a_fault_of_ours_and_says_so():
    with pytest.raises(KeyError):
        Template("{{points}}", FIELDS).render({})


def test_every_brace_that_would_reach_people_unfilled_is_named():
    text = "{{ customer_name }} {{customer name}} {{first-name}} {{settings.SECRET_KEY}} {{}} {{POINTS}} {{points}}"
    assert unknown_fields(text, FIELDS) == ["customer name", "first-name", "settings.SECRET_KEY", "", "POINTS"]


@given(st.text("ab{}. ", max_size=40))
def test_what_is_not_named_is_filled(text):
    if not unknown_fields(text, {"a", "b", "ab"}):
        assert not re.search(r"\{\{[^{}]*\}\}", Template(text, {"a", "b", "ab"}).render({"a": "", "b": "", "ab": ""}).replace("{{}}", ""))


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Ann", "Ann"),
        ("  Ann   Lee ", "Ann Lee"),
        ("Mary-Jane O'Neil", "Mary-Jane O'Neil"),
        ("José Ñandú", "José Ñandú"),
        ("J.R. Smith", "J.R. Smith"),
        ("Dr. No", "Dr. No"),
        ("St.John", "St John"),
        ("प्रिया", "प्रिया"),
        ("क्\u200dष", "क्\u200dष"),
        ("Ann & Bob's Café No. 5", "Ann & Bob's Café No. 5"),
        ("Ａｎｎ", "Ann"),
        ("Ann\r\nBcc: all", "Ann Bcc: all"),
        ("Ann\u2028Bob\x00", "Ann Bob"),
        ("\u202enna\u2069", "nna"),
    ],
)
def test_a_name_stays_the_name(name, plain):
    assert plain_value(name, "there") == plain


@pytest.mark.parametrize(
    "name",
    [
        "http://evil.test", "hTTps://evil", "ftp://evil.x", "//evil.com", "www.evil.com", "www1.evil.zz", "evil.com", "evil.com.", "evil.co.uk",
        "evil.com:8080", "bit.do/x", "t.me/x", "evil.shop/win?a=1", "1.2.3.4/x", "ann@evil.zz", "tel:+19005551234", "javascript:alert(1)",
        "evil。com", "evil．com", "evil\u200b.com", "evil\u200d.com", "ev\u00adil.com", "h\u2060ttps://x", "", "   ", "-", "...", "🚗", "\x00",
    ],
)  # fmt: skip
def test_what_is_no_name_falls_back(name):
    assert plain_value(name, "there") == "there"


def test_a_name_around_a_link_stays():
    assert plain_value("http://evil.test win", "there") == "win"
    assert plain_value("Ann evil.com/x Lee", "there") == "Ann Lee"


def test_an_ending_nobody_listed_is_no_link_either():
    assert plain_value("evil.ru", "there") == "evil ru"
    assert plain_value("раypal.рф", "there") == "раypal рф"


LINK = re.compile(r"//|\bwww\d*\.\w|[^\s.]\.[^\W\d_]{2}|\w@\w|\d+\.\d+\.\d+\.\d+|\b(?:tel|sms|mailto|javascript):\w", re.IGNORECASE)


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(["a", "evil", ".", "com", "/", ":", "http", "www", "@", " ", "1", "\u200d", "。", "ß", "\u00ad", "tel", "-"]), max_size=14).map("".join)))  # fmt: skip
@example("http:/http://x /evil.com")
@example("wwwwww.x .evil.com")
@example("\u00a8.com")
def test_no_value_holds_a_link_a_control_character_or_a_novel(value):
    plain = plain_value(value, "there")
    assert 0 < len(plain) <= VALUE_CHARACTERS_MAX
    assert not LINK.search(plain)
    assert not {"Cc", "Zl", "Zp", "Cs"} & {unicodedata.category(character) for character in plain}
    assert plain == plain.strip()


@pytest.mark.parametrize("piece", ["a.", "a-", "a", ".", "/", "x@", " ", "1.", "{{", "\u200d"])
def test_a_value_of_any_size_is_read_in_no_time(piece):
    started = time.perf_counter()
    plain_value(piece * 100_000 + "/", "there")
    unknown_fields(piece * 100_000, ())
    Template(piece * 100_000, ())
    assert time.perf_counter() - started < 2
