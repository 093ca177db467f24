"""The booking form as a browser would fill and press it."""

import html
import re

from django.test import Client

from bookings.models import Service
from tests.bookings.conftest import Shop
from tests.portal.test_pages import words

TEN = "2026-11-10T16:00Z"
CONTACT = {"name": "Ben Fox", "phone": "512 555 0177", "email": "ben@example.com", "note": "Blue <van>"}


def cart(shop: Shop, *services: Service, **more: str) -> dict[str, object]:
    """Return the fields of a choice: the detail on Tuesday at ten, or something else."""
    return {"place": shop.place.pk, "s": [row.pk for row in services or (shop.detail,)], "t": TEN, **more}


def fields(answer) -> dict[str, object]:
    """Return what the form of a page would send, bar its buttons."""
    page = answer.content.decode()
    found: dict[str, object] = {"s": []}
    for tag in re.findall(r"<input [^>]+>", page):
        named = {name: html.unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        if named.get("type") in ("checkbox", "radio") and " checked" not in tag:
            continue
        if named.get("name") == "s":
            found["s"].append(named["value"])
        elif "name" in named:
            found[named["name"]] = named.get("value", "")
    note = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)
    return found | ({"note": html.unescape(note[1])} if note else {})


def form(client: Client, choice: dict[str, object], **typed: str) -> dict[str, object]:
    """Return the filled form of the last step."""
    answer = client.get("/book/details", choice)
    assert answer.status_code == 200, words(answer)
    return fields(answer) | CONTACT | {"action": "confirm"} | typed


def press(client: Client, filled: dict[str, object], **changed: object):
    return client.post("/book/details", filled | changed)
