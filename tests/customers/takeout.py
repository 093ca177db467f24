"""Make takeouts as Google makes them."""

import html
import zipfile
from collections.abc import Sequence
from pathlib import Path

OWN = "+15125550100"


def message(body: str, *, sender: str | None = None, name: str = "", at: str = "2021-01-22T01:33:43.000-06:00", extra: str = "") -> str:
    """Return one message; without a sender it is the business's own."""
    number, shown = (OWN, "Me") if sender is None else (sender, name or sender)
    tag = "abbr" if shown == "Me" else "span"
    text = html.escape(body).replace("\n", "<br>")
    return (
        f'<div class="message"><abbr class="dt" title="{at}">Jan 22, 2021, 1:33:43\u202fAM Central\u00a0Time</abbr>:\n'
        f'<cite class="sender vcard"><a class="tel" href="tel:{number}"><{tag} class="fn" title="">{html.escape(shown)}</{tag}></a>'
        f"</cite>:\n<q>{text}</q>{extra}</div>"
    )


def page(*messages: str, participants: Sequence[tuple[str, str]] = ()) -> str:
    """Return a whole page."""
    people = "".join(
        f'<cite class="sender vcard"><a class="tel" href="tel:{number}"><span class="fn">{name}</span></a></cite>, '
        for number, name in participants
    )
    group = f'<div class="participants">Group conversation with:\n{people}</div>' if participants else ""
    return (
        '<?xml version="1.0" ?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" ""><html '
        'xmlns="http://www.w3.org/1999/xhtml"><head><meta http-equiv="content-type" content="text/html; charset=UTF-8">'
        f'<title>Conversation</title></head><body>{group}<div class="hChatLog hfeed">{"".join(messages)}</div></body></html>'
    )


def write_folder(root: Path, pages: dict[str, str | bytes]) -> Path:
    """Write the pages as an unpacked takeout."""
    calls = root / "Takeout" / "Voice" / "Calls"
    calls.mkdir(parents=True)
    for name, content in pages.items():
        (calls / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def write_zip(path: Path, pages: dict[str, str | bytes]) -> Path:
    """Write the pages as the zip that Google sends."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in pages.items():
            archive.writestr(f"Takeout/Voice/Calls/{name}", content)
    return path
