"""What waits for a decision, and what was decided, with buttons to decide it by hand."""

from html import escape

from servicepro.simulator.compliance_control import CASES, cases, decide
from servicepro.simulator.compliance_records import PRIMARY_PROFILE, Record
from servicepro.simulator.compliance_review import OPEN, Reviews
from servicepro.simulator.pages import page
from servicepro.simulator.server import Reply, Request

ROWS_MAX = 100
LABELS = dict(zip(CASES, ("Customer profile", "Trust product", "Brand", "Campaign"), strict=True))
APPROVED = dict(zip(CASES, ("twilio-approved", "twilio-approved", "APPROVED", "VERIFIED"), strict=True))
REFUSED = dict(zip(CASES, ("twilio-rejected", "twilio-rejected", "FAILED", "FAILED"), strict=True))
_CODES = dict(zip(CASES, (18601, 22215, 30795, 30896), strict=True))
_STYLE = (
    "<style>.case{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:.8rem;margin:0 0 .75rem;"
    "overflow-wrap:anywhere}.case form{display:inline-flex;margin:.5rem .5rem 0 0}.case input{max-width:7rem}</style>"
)


def registrations(reviews: Reviews) -> Reply:
    """Show every case, the newest first."""
    reviews.settle()
    found = [(key, record) for key, record in cases(reviews) if record.sid != PRIMARY_PROFILE]
    is_held = reviews.setting("reviews") == "held"
    words = "Everything waits for you." if is_held else "What is submitted is decided by itself, by its content."
    body = (
        f'{_STYLE}<p><a href="/">Phones and mailboxes</a></p><h1>Registrations</h1><p class="soft">{words}</p>'
        f'<form method="post" action="/registrations"><input type="hidden" name="reviews" value="{"on" if is_held else "held"}">'
        f"<button>{'Decide by itself' if is_held else 'Let me decide'}</button></form><br>"
        f"{''.join(_case(reviews, key, record) for key, record in found[:ROWS_MAX]) or '<p>Nothing was submitted yet.</p>'}"
    )
    return page("Registrations", body)


def take_decision(reviews: Reviews, request: Request) -> Reply:
    """Do what a button says."""
    form = request.form
    try:
        if "reviews" in form:
            reviews.set({"reviews": form["reviews"]})
        else:
            code = int(form["code"]) if form.get("code") else 0
            decide(reviews, form["sid"], form["status"], code=code)
    except (KeyError, ValueError):
        return page("Not decided", "<p>There is no such case any more, or the code is no number.</p>", status=400)
    return Reply(303, headers={"Location": "/registrations"})


def _case(reviews: Reviews, key: str, record: Record) -> str:
    sid, status = key.removeprefix("usa2p:"), record.fields["campaign_status" if record.kind == "campaign" else "status"]
    errors = ", ".join(_error(row) for row in record.fields.get("errors") or [])
    identity = record.fields.get("identity_status")
    told = " · ".join(part for part in (status, identity and f"identity {identity}", errors) if part)
    buttons = _button(sid, APPROVED[record.kind], "Approve", None) + _button(sid, REFUSED[record.kind], "Refuse", _CODES[record.kind])
    if record.kind in ("brand", "campaign"):
        buttons += _button(sid, "SUSPENDED", "Suspend", None)
    return (
        f'<section class="case"><h2>{LABELS[record.kind]} <span class="soft">{escape(_name(reviews, record))} · {escape(sid)}</span></h2>'
        f"<p>{'<strong>Waiting</strong> · ' if status in OPEN else ''}{escape(told)}</p>"
        f"{_numbers(reviews, record)}"
        f"<details><summary>What was submitted</summary><pre>{escape(reviews.words(record))}</pre></details>{buttons}</section>"
    )


def _name(reviews: Reviews, record: Record) -> str:
    """Return what the application called it: a brand has the name of its profile, a campaign that of its messaging service."""
    named = {"brand": "customer_profile_bundle_sid", "campaign": "messaging_service_sid"}.get(record.kind)
    source = reviews.store.records.get(record.fields[named]) if named else record
    return str(source.fields["friendly_name"]) if source else ""


def _numbers(reviews: Reviews, record: Record) -> str:
    """Return which numbers of a campaign the carriers know."""
    if record.kind != "campaign":
        return ""
    own = [number for number, service in reviews.store.services.items() if service == record.fields["messaging_service_sid"]]
    told = [f"{escape(number)} {'known to the carriers' if reviews.is_provisioned(number) else 'not known yet'}" for number in own]
    return f'<p class="soft">{", ".join(told) or "No number yet"}</p>'


def _error(row: dict[str, object]) -> str:
    fields = row.get("fields")
    named = f" ({', '.join(map(str, fields))})" if isinstance(fields, list) and fields else ""
    return f"{row.get('error_code') or row.get('code')}{named}"


def _button(sid: str, status: str, label: str, code: int | None) -> str:
    box = "" if code is None else f'<input name="code" value="{code}" inputmode="numeric" aria-label="Code of the refusal">'
    return (
        f'<form method="post" action="/registrations"><input type="hidden" name="sid" value="{escape(sid)}">'
        f'<input type="hidden" name="status" value="{status}">{box}<button>{label}</button></form>'
    )
