"""Twilio's Content API: message templates and what WhatsApp said of them.

One approved template is there from the start (DEMO_TEMPLATES), with one that waits, one rejected and one paused. POST
/control/templates sets or changes one (sid, name, body, language, variables, status, category, rejectionReason); a template made
through the API is unsubmitted, and once submitted it waits until the control approves it.
"""

import json
import time
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from servicepro.simulator.faults import Faults
from servicepro.simulator.server import Answer, Reply, Request, json_reply
from servicepro.simulator.store import ACCOUNT_SID, AUTH_TOKEN, STATUSES, Store, Template

PAGE_SIZE, PAGE_SIZE_MAX = 50, 500
HOST = "https://content.twilio.com"
CATEGORIES = ("UTILITY", "MARKETING", "AUTHENTICATION")


def _error(status: int, code: int, message: str, **headers: str) -> Reply:
    body = {"code": code, "message": message, "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status}
    return json_reply(status, body, **headers)


class ContentApi:
    """Answer the Content API."""

    def __init__(self, store: Store, faults: Faults) -> None:
        self.store, self.faults = store, faults

    def answer(self, request: Request) -> Answer:
        """Answer one request below /content."""
        if request.basic_auth() != (ACCOUNT_SID, AUTH_TOKEN):
            return _error(401, 20003, "Authenticate")
        fault = self.faults.pick("twilio")
        if fault:
            return self.misbehave(fault)
        parts = request.path.removeprefix("/content/v1/").split("/")
        try:
            if parts == ["ContentAndApprovals"] and request.method == "GET":
                return self.page(request, with_approvals=True)
            if parts == ["Content"]:
                return self.create(request) if request.method == "POST" else self.page(request, with_approvals=False)
            if parts[0] == "Content" and parts[1] in self.store.templates:
                return self.one(request, self.store.templates[parts[1]], parts[2:])
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            return _error(400, 20001, f"Bad parameter: {type(problem).__name__}")
        return _error(404, 20404, f"The requested resource {request.path} was not found")

    def misbehave(self, fault: str) -> Reply:
        """Answer as a provider in trouble."""
        if fault == "throttle":
            extra = {"Retry-After": str(self.faults.settings["retryAfter"])} if "retryAfter" in self.faults.settings else {}
            return _error(429, 20429, "Too Many Requests", **extra)
        if fault == "unauthorized":
            return _error(401, 20003, "Authenticate")
        if fault in ("reset", "acceptReset"):
            return Reply(is_reset=True)
        if fault == "garbage":
            return Reply(200, b"<html>not json", "text/html")
        return Reply(200, delay_seconds=self.faults.timeout_seconds) if fault == "acceptTimeout" else _error(500, 20500, "Server Error")

    def page(self, request: Request, *, with_approvals: bool) -> Reply:
        """Return a page of the templates, newest first. Raises ValueError."""
        size, page = min(PAGE_SIZE_MAX, int(request.params.get("PageSize", PAGE_SIZE))), int(request.params.get("Page", 0))
        if size < 1 or page < 0:
            raise ValueError("PageSize and Page")
        found = list(reversed(self.store.templates.values()))
        name = "ContentAndApprovals" if with_approvals else "Content"

        def url(number: int) -> str:
            return f"{HOST}/v1/{name}?{urlencode({'PageSize': size, 'Page': number, 'PageToken': f'PA{number}'})}"

        is_more = len(found) > (page + 1) * size
        meta = {
            "page": page, "page_size": size, "first_page_url": url(0), "url": url(page), "key": "contents",
            "previous_page_url": url(page - 1) if page else None, "next_page_url": url(page + 1) if is_more else None,
        }  # fmt: skip
        chosen = found[page * size : (page + 1) * size]
        return json_reply(200, {"meta": meta, "contents": [shown(template, with_approvals=with_approvals) for template in chosen]})

    def create(self, request: Request) -> Reply:
        """Keep a new template. Raises ValueError, KeyError, TypeError."""
        given = request.json if request.headers.get("content-type", "").startswith("application/json") else request.form
        types = given["types"] if isinstance(given["types"], dict) else json.loads(given["types"])
        samples = given.get("variables") or {}
        template = Template(
            name=given.get("friendly_name") or "", body=next(iter(types.values()))["body"], language=given["language"],
            variables=samples if isinstance(samples, dict) else json.loads(samples), status="unsubmitted", kind=next(iter(types)),
        )  # fmt: skip
        self.store.write("template", asdict(template))
        return json_reply(201, shown(template, with_approvals=False))

    def one(self, request: Request, template: Template, rest: list[str]) -> Reply:
        """Answer a request about one template. Raises ValueError, KeyError."""
        verb = request.method
        if (verb, rest) == ("GET", []):
            return json_reply(200, shown(template, with_approvals=False))
        if (verb, rest) == ("DELETE", []):
            self.store.write("template_gone", template.sid)
            return Reply(204)
        if (verb, rest) == ("GET", ["ApprovalRequests"]):
            url = f"{HOST}/v1/Content/{template.sid}/ApprovalRequests"
            body = {"sid": template.sid, "account_sid": ACCOUNT_SID, "whatsapp": approval(template), "url": url}
            return json_reply(200, body)
        if (verb, rest) == ("POST", ["ApprovalRequests", "whatsapp"]):
            given = request.json if request.body.startswith(b"{") else request.form
            if given["category"] not in CATEGORIES or template.status != "unsubmitted":
                return _error(400, 20001, "The template cannot be submitted so")
            changed = asdict(template) | {"name": given["name"], "category": given["category"], "status": "pending"}
            self.store.write("template", changed)
            return json_reply(201, approval(self.store.templates[template.sid]))
        return _error(405, 20004, "Method not allowed")


def set_template(store: Store, given: dict[str, Any]) -> str:
    """Set or change a template as the control says and return its id. Raises ValueError, TypeError."""
    known = asdict(store.templates[given["sid"]]) if given.get("sid") in store.templates else {}
    fields = known | {("rejection_reason" if name == "rejectionReason" else name): value for name, value in given.items()}
    template = Template(**fields)
    if template.status not in STATUSES:
        raise ValueError(f"no such status: {template.status}")
    store.write("template", asdict(template))
    return template.sid


def shown(template: Template, *, with_approvals: bool) -> dict[str, Any]:
    """Return a template as the API shows it."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(template.created))
    url = f"{HOST}/v1/Content/{template.sid}"
    fields = {
        "sid": template.sid, "account_sid": ACCOUNT_SID, "friendly_name": template.name, "language": template.language,
        "variables": template.variables, "types": {template.kind: {"body": template.body}}, "date_created": moment, "date_updated": moment,
    }  # fmt: skip
    if with_approvals:
        return fields | {"approval_requests": approval(template)}
    return fields | {"url": url, "links": {"approval_fetch": f"{url}/ApprovalRequests"}}


def approval(template: Template) -> dict[str, Any]:
    """Return what WhatsApp said of a template."""
    return {
        "name": template.name, "category": template.category, "content_type": template.kind, "status": template.status,
        "rejection_reason": template.rejection_reason, "allow_category_change": True,
    }  # fmt: skip
