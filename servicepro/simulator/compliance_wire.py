"""Requests and answers of Twilio's registration endpoints: forms, refusals, pages, dates."""

import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

from servicepro.simulator.compliance_records import Record
from servicepro.simulator.server import Reply, Request, json_reply
from servicepro.simulator.store import ACCOUNT_SID
from servicepro.simulator.twilio_api import error, rfc2822

PAGE_SIZE, PAGE_SIZE_MAX = 50, 1_000
TRUE, FALSE = "true", "false"


class Refused(Exception):
    """A request that Twilio does not take."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.reply = error(status, code, message)


def bad(message: str, code: int = 20001) -> Refused:
    """Return the refusal of a request that makes no sense."""
    return Refused(400, code, message)


def missing(path: str) -> Refused:
    """Return the refusal of a request about something that is not there."""
    return Refused(404, 20404, f"The requested resource {path} was not found")


class Form:
    """The fields of a request. Raises Refused for one nobody knows: to take it and leave it out would be a lie."""

    def __init__(self, body: bytes, known: str) -> None:
        self.values = parse_qs(body.decode(), keep_blank_values=True)
        unknown = self.values.keys() - set(known.split())
        if unknown:
            raise bad(f"The simulator does not know {', '.join(sorted(unknown))}")

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str, default: Any = None) -> Any:
        """Return a field, or the default."""
        return self.values[name][-1] if name in self.values else default

    def need(self, name: str) -> str:
        """Return a field. Raises Refused where it is missing or empty."""
        value = self.text(name, "")
        if not value:
            raise bad(f"Missing required parameter {name} in the post body")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a yes or no. Raises Refused where it is neither."""
        value = self.text(name, TRUE if default else FALSE)
        if value not in (TRUE, FALSE):
            raise bad(f"{name} is true or false")
        return value == TRUE

    def many(self, name: str) -> list[str]:
        """Return all values of a repeated field."""
        return self.values.get(name, [])


@dataclass(slots=True)
class Call:
    """One request below a product's version; `parts` are the pieces of its path after that."""

    request: Request
    product: str
    version: str
    parts: list[str] = field(default_factory=list)

    @property
    def method(self) -> str:
        """Return the verb."""
        return self.request.method

    @property
    def root(self) -> str:
        """Return the address of the product as Twilio writes it."""
        return f"https://{self.product}.twilio.com/{self.version}"

    def form(self, known: str) -> Form:
        """Return the posted fields, of which only those named are known. Raises Refused."""
        return Form(self.request.body, known)

    def unfit(self) -> Refused:
        """Return the refusal of a verb that this address does not have."""
        return Refused(405, 20004, "Method not allowed")


def iso(moment: float) -> str:
    """Return a moment as every product but the oldest writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def shown(record: Record, url: str, **more: Any) -> dict[str, Any]:
    """Return a record as the newer products show it."""
    dates = {"date_created": iso(record.created), "date_updated": iso(record.updated)}
    return {"sid": record.sid, "account_sid": ACCOUNT_SID, **record.fields, **dates, "url": url, **more}


def shown_old(record: Record, uri: str, **more: Any) -> dict[str, Any]:
    """Return a record as the oldest product shows it."""
    dates = {"date_created": rfc2822(record.created), "date_updated": rfc2822(record.updated)}
    return {"sid": record.sid, "account_sid": ACCOUNT_SID, **record.fields, **dates, "uri": uri, **more}


def _slice(call: Call, rows: list[dict[str, Any]]) -> tuple[int, int, list[dict[str, Any]], bool]:
    params = call.request.params
    try:
        size, page = min(PAGE_SIZE_MAX, int(params.get("PageSize", PAGE_SIZE))), int(params.get("Page", 0))
    except ValueError:
        size, page = 0, 0
    if size < 1 or page < 0:
        raise bad("PageSize and Page are positive numbers")
    start = page * size
    return size, page, rows[start : start + size], len(rows) > start + size


def listed(call: Call, key: str, rows: list[dict[str, Any]]) -> Reply:
    """Return a page of the newer products. Raises Refused."""
    size, page, chosen, is_more = _slice(call, rows)
    filters = {name: value for name, value in call.request.params.items() if name not in ("Page", "PageSize", "PageToken")}

    def url(number: int) -> str:
        position = {"PageSize": size, "Page": number, **({"PageToken": f"PA{number}"} if number else {})}
        return f"{call.root}/{'/'.join(call.parts)}?{urlencode({**filters, **position})}"

    meta = {
        "page": page, "page_size": size, "first_page_url": url(0), "url": url(page), "key": key,
        "previous_page_url": url(page - 1) if page else None, "next_page_url": url(page + 1) if is_more else None,
    }  # fmt: skip
    return json_reply(200, {"meta": meta, key: chosen})


def listed_old(call: Call, key: str, rows: list[dict[str, Any]]) -> Reply:
    """Return a page of the oldest product. Raises Refused."""
    size, page, chosen, is_more = _slice(call, rows)
    filters = {name: value for name, value in call.request.params.items() if name not in ("Page", "PageSize", "PageToken")}

    def uri(number: int) -> str:
        position = {"PageSize": size, "Page": number, **({"PageToken": f"PA{number}"} if number else {})}
        return f"{call.request.path.removeprefix('/api')}?{urlencode({**filters, **position})}"

    body = {
        key: chosen, "page": page, "page_size": size, "start": page * size, "end": page * size + max(0, len(chosen) - 1),
        "first_page_uri": uri(0), "previous_page_uri": uri(page - 1) if page else None,
        "next_page_uri": uri(page + 1) if is_more else None, "uri": uri(page),
    }  # fmt: skip
    return json_reply(200, body)
