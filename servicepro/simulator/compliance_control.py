"""Set up how registrations are reviewed, let time pass there, and decide a case by hand.

POST /control/registrations: `profileSeconds`, `brandSeconds`, `campaignSeconds` are the times of the reviews, 0 unless set: what was
submitted is decided when it is next looked at. `numberSeconds` is how long carriers take to know a number, `cooldownSeconds` how long
a messaging service is not free after its campaign was deleted, `serviceNumbers` how many numbers a service takes (400). `edits` is
`allowed`, or `beta` where the account may not correct campaigns. `reviews` are `on`, or `held`: everything waits to be decided by
hand. With `carriers` `strict` an American gets no text from a number without a verified campaign (30034), nor from one that the
carriers do not know yet (30035); `lenient` delivers all. POST /control/registrations/advance {seconds} lets time pass.

POST /control/registrations/decide: `sid` of a profile, product or brand, or the messaging service of a campaign; `status`, and
where wanted `code`, `field` and `identityStatus`. GET /control/registrations shows every case with its numbers.
"""

from typing import Any

from servicepro.simulator.compliance_records import Record, campaign_key
from servicepro.simulator.compliance_review import Reviews, refusal
from servicepro.simulator.server import Reply, Request, json_reply

CASES = ("CustomerProfiles", "TrustProducts", "brand", "campaign")


def control_registrations(reviews: Reviews, verb: str, name: str, request: Request) -> Reply:
    """Answer the control. Raises ValueError, KeyError, TypeError."""
    if (verb, name) == ("POST", ""):
        reviews.set(request.json)
    elif (verb, name) == ("POST", "advance"):
        reviews.advance(float(request.json["seconds"]))
    elif (verb, name) == ("POST", "decide"):
        given = request.json
        decide(reviews, given["sid"], given["status"], code=int(given.get("code", 0)), field=given.get("field", ""),
               identity=given.get("identityStatus"))  # fmt: skip
    elif (verb, name) != ("GET", ""):
        return json_reply(404, {"error": "unknown control"})
    reviews.settle()
    return json_reply(200, [shown_case(reviews, key, record) for key, record in cases(reviews)])


def cases(reviews: Reviews) -> list[tuple[str, Record]]:
    """Return everything that is reviewed, with its key, the newest first."""
    return [(key, record) for key, record in reversed(reviews.store.records.items()) if record.kind in CASES]


def decide(reviews: Reviews, sid: str, status: str, *, code: int = 0, field: str = "", identity: str | None = None) -> None:
    """Decide a case by hand. Raises KeyError where there is none."""
    key = campaign_key(sid) if campaign_key(sid) in reviews.store.records else sid
    record = reviews.store.records[key]
    if record.kind not in CASES:
        raise KeyError(sid)
    changes: dict[str, Any] = {"errors": [refusal(code, field)] if code else []}
    if record.kind in ("CustomerProfiles", "TrustProducts"):
        changes["errors"] = [{"code": code}] if code else None
    if record.kind == "brand" and status == "APPROVED":
        is_alone = record.fields["brand_type"] == "SOLE_PROPRIETOR"
        changes |= {"identity_status": identity or ("SELF_DECLARED" if is_alone else "VERIFIED"), "tcr_id": f"B{record.sid[2:8].upper()}"}
    if record.kind == "campaign" and status == "VERIFIED":
        changes["campaign_id"] = record.fields["campaign_id"] or f"C{sid[2:8].upper()}"
        record.life["verified"] = reviews.now()
    reviews.end(record, status, key, **changes)
    if record.kind == "brand" and status == "APPROVED" and record.fields["brand_type"] == "SOLE_PROPRIETOR" and not identity:
        reviews.send_code(record)


def shown_case(reviews: Reviews, key: str, record: Record) -> dict[str, Any]:
    """Return a case as the control shows it."""
    row = {"key": key.removeprefix("usa2p:"), "kind": record.kind, **record.fields}
    if record.kind == "brand":
        row["updates"] = record.life["updates"]
    if record.kind == "campaign":
        service = record.fields["messaging_service_sid"]
        numbers = [number for number, where in reviews.store.services.items() if where == service]
        row |= {"privacy_policy_url": record.life["privacy"], "terms_and_conditions_url": record.life["terms"]}
        row["numbers"] = {number: reviews.is_provisioned(number) for number in numbers}
    return row
