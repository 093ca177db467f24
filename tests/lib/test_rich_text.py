"""What an owner formats reaches a mail program as words and links, whatever else was pasted along with it."""

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from servicepro.lib.rich_text import SUBJECT_CHARACTERS_MAX, TAGS, has_words, plain_twin, sanitise, subject_problem

PIECES = (
    "<p>", "</p>", "<div>", "</div>", "<script>", "</script>", "<svg>", "<math>", "<style>", "</style>", "<a href='", "javascript:",
    "//evil.test", "https://shop.test/", "'>", '">', "</a>", "<img src=x onerror=alert(1)>", "<ul><li>", "</li></ul>", "<ol>", "<pre>",
    "</pre>", "&lt;script&gt;", "&#x6a;avascript:", "<!--", "-->", "<![CDATA[", "]]>", "{{first_name|there}}", "{{booking_link}}", "words",
    "\0", "\ud800", "<table><tr><td>", "<textarea>", "<noscript>", "<template>", "<blockquote>", "</blockquote>", "<br>", "<hr>", "\u00a0",
)  # fmt: skip


class Read(HTMLParser):
    """What a mail program would see."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attrs))


def is_harmless(page: str) -> bool:
    addresses = [value or "" for tag, attributes in Read(page).found for name, value in attributes if (tag, name) == ("a", "href")]
    return (
        all(tag in TAGS for tag, _ in Read(page).found)
        and all((tag, name) == ("a", "href") for tag, attributes in Read(page).found for name, _ in attributes)
        and all(re.match(r"https?://[^/]|mailto:[^@]*@|\{\{\s*[a-z_]+_link\s*\}\}$", address, re.IGNORECASE) for address in addresses)
    )


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='java\nscript:alert(1)'>x</a>",
        "<a href='&#106;avascript:alert(1)'>x</a>",
        "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
        "<a href='//evil.test'>x</a>",
        "<a href='/admin/logout/'>x</a>",
        "<a href='{{first_name}}'>x</a>",
        "<a href='{{first_name}}{{booking_link}}'>x</a>",
        "<a href='https://shop.test@evil.test/'>x</a>",
        "<a href='http:///evil.test'>x</a>",
        "<a href='https:\\\\evil.test'>x</a>",
        "<a href='mailto:nobody'>x</a>",
        "<p onclick=alert(1) style='background:url(//evil.test)'>x</p>",
        "<svg><style><img src=x onerror=alert(1)></style></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title='--><img src=x onerror=alert(1)>'>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<form action=//evil.test><input name=password><button>Sign in</button></form>",
        "<base href=//evil.test><link rel=stylesheet href=//evil.test><meta http-equiv=refresh content='0;//evil.test'>",
        "<!--[if mso]><script>alert(1)</script><![endif]-->",
        '<div data-trix-attachment=\'{"contentType":"text/html5","content":"<img src=x onerror=alert(1)>"}\'></div>',
    ],
)
def test_nothing_that_runs_loads_or_misleads_is_kept(attack: str) -> None:
    kept = sanitise(f"<p>before</p>{attack}<p>after</p>")

    assert is_harmless(kept)
    assert "href" not in kept
    assert "alert(1)" not in kept.replace("&lt;script&gt;alert(1)&lt;/script&gt;", "")
    assert kept.startswith("<p>before</p>")


def test_the_formatting_an_email_needs_is_kept() -> None:
    words = (
        "<h1>Spring</h1><div>Hi {{first_name|there}},<br>we are <strong>back</strong>, <em>really</em>:&nbsp;"
        '<a href="https://shop.test/a?b=1&amp;c=2">look</a>, <a href="mailto:a@shop.test">write</a> or '
        '<a href="{{booking_link}}">book</a>.</div><ul><li>one</li></ul><ol><li>two</li></ol><blockquote>so they say</blockquote>'
    )
    assert sanitise(words) == words


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | st.text(max_size=80))
@example("<pre>\n\nx</pre>")
def test_whatever_is_pasted_comes_out_harmless_and_stays_as_it_came_out(pasted: str) -> None:
    kept = sanitise(pasted)

    assert is_harmless(kept)
    assert sanitise(kept) == kept
    assert "\0" not in kept + plain_twin(kept)
    plain_twin(kept).encode()


def test_a_thousand_open_elements_cost_no_more_than_reading_them() -> None:
    began = time.perf_counter()
    plain_twin(sanitise("<blockquote><ul><li>" * 1_000 + "deep"))
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize(
    ("page", "twin"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<div>One</div><div>Two<br><br>Three</div>", "One\nTwo\n\nThree"),
        ("<p>  so   many\n spaces&nbsp;here </p>", "so many spaces here"),
        ("<ul><li>one</li><li>two<ol><li>in</li><li>it</li></ol></li></ul><p>end</p>", "- one\n- two\n  1. in\n  2. it\n\nend"),
        ('<p><a href="https://shop.test/a?b=1&amp;c=2">Look</a> here</p>', "Look (https://shop.test/a?b=1&c=2) here"),
        ('<p><a href="https://shop.test/">https://shop.test/</a></p>', "https://shop.test/"),
        ('<p><a href="mailto:a@shop.test">a@shop.test</a></p>', "a@shop.test"),
        ('<p><a href="{{booking_link}}">Book</a></p>', "Book ({{booking_link}})"),
        ("<blockquote>one<br>two</blockquote><p>end</p>", "> one\n> two\n\nend"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<p>Hi {{first_name|dear &amp; good friend}}, 1 &lt; 2</p>", "Hi {{first_name|dear & good friend}}, 1 < 2"),
        ("<h1>Spring</h1><div>is here</div><hr><div>bye</div>", "Spring\n\nis here\n\n--------------------\n\nbye"),
        ("", ""),
    ],
)
def test_the_plain_twin_says_the_same(page: str, twin: str) -> None:
    assert plain_twin(sanitise(page)) == twin


@pytest.mark.parametrize(("page", "answer"), [("<div><br></div>", False), ("<p>&nbsp;\u200b</p>", False), ("<p>.</p>", True), ("", False)])
def test_an_editor_left_empty_has_no_words(page: str, answer: bool) -> None:
    assert has_words(page) is answer


@pytest.mark.parametrize(
    "subject",
    [
        "Hello\r\nBcc: everybody@shop.test",
        "Hello\nBcc: everybody@shop.test",
        "Hello\rX: y",
        "Hello\0",
        "Hello\u0085X: y",
        "Hello\u2028X: y",
        "Hello\x0bX",
        "\ud800",
        "x" * (SUBJECT_CHARACTERS_MAX + 1),
    ],
)
def test_a_subject_that_would_open_another_header_is_refused(subject: str) -> None:
    assert subject_problem(subject).startswith("The subject")


@pytest.mark.parametrize(
    "subject", ["", "Spring is here", "Für Ána – 50 % ✂", "{{first_name|you}}: come back", "x" * SUBJECT_CHARACTERS_MAX]
)
def test_a_subject_of_one_line_is_taken(subject: str) -> None:
    assert subject_problem(subject) == ""
