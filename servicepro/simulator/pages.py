"""Phones and mailboxes to look at: read the text, tap the link, reply STOP."""

import re
import time
from html import escape
from urllib.parse import quote

from servicepro.simulator.server import Reply
from servicepro.simulator.store import Mail, Store

ROWS_MAX = 200
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
_LINK = re.compile(r"""https?://[^\s<]*[^\s<.,;:!?'")\]]""")
STYLE = """
:root{color-scheme:light dark;--bg:#f4f5f7;--card:#fff;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--me:#0b57d0;--meink:#fff}
@media(prefers-color-scheme:dark){:root{--bg:#0d1117;--card:#161b22;--ink:#e6edf3;--soft:#9aa4af;--line:#30363d;--me:#1f6feb}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:1000px;margin:0 auto;padding:1rem}a{color:inherit}h1{font-size:1.4rem}h2{font-size:1.1rem}
.grid{display:grid;gap:.75rem;grid-template-columns:repeat(auto-fill,minmax(260px,1fr));padding:0;list-style:none}
.grid a{display:block;background:var(--card);border:1px solid var(--line);border-radius:12px;padding:.8rem;text-decoration:none}
.soft{color:var(--soft);font-size:.9rem}.phone{max-width:420px;margin:0 auto;background:var(--card);border:1px solid var(--line);
border-radius:28px;padding:1rem}.bubble{max-width:85%;margin:.4rem 0;padding:.6rem .8rem;border-radius:16px;background:var(--bg);
overflow-wrap:anywhere}.mine{margin-left:auto;background:var(--me);color:var(--meink)}form{display:flex;gap:.5rem;margin-top:1rem}
input{flex:1;min-width:0;font:inherit;padding:.6rem;border:1px solid var(--line);border-radius:10px;background:var(--bg);color:var(--ink)}
button{font:inherit;padding:.6rem 1rem;border:0;border-radius:10px;background:var(--me);color:#fff}
iframe{width:100%;min-height:420px;border:1px solid var(--line);border-radius:12px;background:#fff}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit}
"""


def page(title: str, body: str, status: int = 200) -> Reply:
    """Return a whole page."""
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="icon" href="data:,"><style>{STYLE}</style></head><body><main>{body}</main></body></html>'
    )
    return Reply(status, text.encode(), "text/html; charset=utf-8")


def _clock(moment: float) -> str:
    return time.strftime("%H:%M:%S", time.gmtime(moment))


def home(store: Store, search: str) -> Reply:
    """Show a phone per number and a mailbox per address."""
    phones = [(phone, store.texts[sids[-1]], len(sids)) for phone, sids in store.texts_by_phone.items() if search in phone and sids]
    boxes: dict[str, list[Mail]] = {}
    for mail in store.mails:
        if search in mail.to:
            boxes.setdefault(mail.to, []).append(mail)
    phone_list = "".join(
        f'<li><a href="/phones/{quote(phone)}"><strong>{escape(_named(phone))}</strong> <span class="soft">{count} text{"s" * (count != 1)}'
        f"</span><br><span class='soft'>{escape(last.body[:80])}</span></a></li>"
        for phone, last, count in reversed(phones[-ROWS_MAX:])
    )
    box_list = "".join(
        f'<li><a href="/mail/{quote(address)}"><strong>{escape(address)}</strong> <span class="soft">{len(mails)} email'
        f"{'s' * (len(mails) != 1)}</span><br><span class='soft'>{escape(mails[-1].subject)}</span></a></li>"
        for address, mails in list(boxes.items())[-ROWS_MAX:]
    )
    body = (
        "<h1>Phones and mailboxes</h1><p class='soft'>Nothing here leaves this machine.</p>"
        '<p><a href="/registrations">Registrations</a></p>'
        f'<form method="get" action="/"><label for="q" class="soft">Find</label><input id="q" name="q" value="{escape(search)}">'
        "<button>Search</button></form>"
        f"<h2>Phones</h2>{f'<ul class=grid>{phone_list}</ul>' if phone_list else '<p>No texts yet.</p>'}"
        f"<h2>Mailboxes</h2>{f'<ul class=grid>{box_list}</ul>' if box_list else '<p>No emails yet.</p>'}"
    )
    return page("Simulator", body)


def phone(store: Store, number: str) -> Reply:
    """Show one phone's screen with a box to reply."""
    texts = [store.texts[sid] for sid in store.texts_by_phone.get(number, [])]
    bubbles = "".join(
        f'<div class="bubble{" mine" if text.direction == "inbound" else ""}">{linked(text.body)}'
        f'<div class="soft" style="color:inherit">{_clock(text.created)} · {escape(text.status)}</div></div>'
        for text in texts
    )
    numbers = [text.sender for text in texts if text.sender and text.direction != "inbound"] or [text.to for text in texts]
    reply_to = numbers[-1] if numbers else ""
    body = (
        f'<p><a href="/">All phones</a></p><div class="phone"><h1>{escape(_named(number))}</h1>{bubbles or "<p>No texts yet.</p>"}'
        f'<form method="post" action="/phones/{quote(number)}"><input type="hidden" name="number" value="{escape(reply_to)}">'
        '<input name="body" aria-label="Reply" placeholder="Reply" required><button>Send</button></form>'
        f'<form method="post" action="/phones/{quote(number)}"><input type="hidden" name="number" value="{escape(reply_to)}">'
        '<input type="hidden" name="body" value="STOP"><button>Reply STOP</button></form></div>'
    )
    return page(_named(number), body)


def _named(number: str) -> str:
    plain = number.removeprefix("whatsapp:")
    return number if plain == number else f"{plain} on WhatsApp"


def mailbox(store: Store, address: str) -> Reply:
    """Show one mailbox."""
    mails = [mail for mail in store.mails if mail.to == address]
    parts = [f'<p><a href="/">All mailboxes</a></p><h1>{escape(address)}</h1>' + ("" if mails else "<p>No emails yet.</p>")]
    for index, mail in enumerate(mails):
        parts.append(
            f'<h2>{escape(mail.subject)}</h2><p class="soft">{escape(_sender(mail))} · {_clock(mail.created)} · {escape(mail.status)}'
            f"{' · opened' if mail.is_opened else ''}</p>"
        )
        if mail.html:
            # A tapped link opens a tab of its own, free of the sandbox; what is inside the email runs no script.
            inside = escape(f'<base target="_blank">{mail.html}')
            parts.append(f'<iframe sandbox="{SANDBOX}" title="Email {index + 1}" srcdoc="{inside}"></iframe>')
        parts.append(f"<details{'' if mail.html else ' open'}><summary>Plain text</summary><pre>{linked(mail.text)}</pre></details>")
        one_click = re.search(r"<(https?://[^>]+)>", mail.headers.get("List-Unsubscribe", ""))
        if one_click:
            parts.append(
                f'<form method="post" action="/mail/{quote(address)}"><input type="hidden" name="url" '
                f'value="{escape(one_click.group(1))}"><button>Unsubscribe (one click)</button></form>'
            )
    return page(address, "".join(parts))


def _sender(mail: Mail) -> str:
    """Return whom an email comes from, and where an answer would go if not there."""
    sender = f"{mail.sender_name} <{mail.sender}>" if mail.sender_name else mail.sender
    return f"{sender}, answers to {mail.reply_to}" if mail.reply_to else sender


def linked(body: str) -> str:
    """Return a text with its links tappable, everything else escaped."""
    pieces, last = [], 0
    for found in _LINK.finditer(body):
        url = escape(found.group())
        pieces += [escape(body[last : found.start()]), f'<a href="{url}" target="_blank" rel="noopener">{url}</a>']
        last = found.end()
    return "".join([*pieces, escape(body[last:])])
