"""TrustHub: customer profiles, trust products, the people and documents they hold, and their evaluation."""

import json
from typing import Any

from servicepro.simulator.compliance_evaluation import TYPES, evaluate
from servicepro.simulator.compliance_records import POLICIES, Record, new_sid
from servicepro.simulator.compliance_review import Reviews
from servicepro.simulator.compliance_wire import Call, Form, bad, iso, listed, missing, shown
from servicepro.simulator.server import Reply, json_reply
from servicepro.simulator.store import ACCOUNT_SID, Store

BUNDLES = {"CustomerProfiles": "customer_profile_sid", "TrustProducts": "trust_product_sid"}
THINGS = {"EndUsers": ("IT", TYPES), "SupportingDocuments": ("RD", {"customer_profile_address"})}
PARTS = {"EntityAssignments", "Evaluations", "ChannelEndpointAssignments"}
EDITABLE = {"draft", "twilio-rejected"}


class TrustHub:
    """Answer what is below /trusthub/v1."""

    def __init__(self, store: Store, reviews: Reviews) -> None:
        self.store, self.reviews = store, reviews

    def answer(self, call: Call) -> Reply:
        """Answer one request. Raises Refused."""
        kind, *rest = call.parts
        if kind == "Policies" and call.method == "GET" and len(rest) == 1 and rest[0] in POLICIES.values():
            name = next(name for name, sid in POLICIES.items() if sid == rest[0])
            return json_reply(200, {"sid": rest[0], "friendly_name": name, "requirements": {}, "url": f"{call.root}/Policies/{rest[0]}"})
        if kind not in BUNDLES and kind not in THINGS:
            raise missing(call.request.path)
        if not rest:
            return self.answer_all(call, kind)
        record = self.store.records.get(rest[0])
        if record is None or record.kind != kind:
            raise missing(call.request.path)
        if len(rest) == 1:
            return self.answer_one(call, record)
        if kind in BUNDLES and rest[1] in PARTS:
            return self.answer_part(call, record, rest[1], rest[2:])
        raise missing(call.request.path)

    def answer_all(self, call: Call, kind: str) -> Reply:
        """Make a new one, or list them, the newest first. Raises Refused."""
        if call.method == "GET":
            params = call.request.params
            wanted = {"status": params.get("Status"), "friendly_name": params.get("FriendlyName"), "policy_sid": params.get("PolicySid")}
            rows = [
                self.view(call, record) for record in reversed(self.store.records.values())
                if record.kind == kind and all(value in (None, record.fields.get(name)) for name, value in wanted.items())
            ]  # fmt: skip
            return listed(call, "results", rows)
        if call.method != "POST":
            raise call.unfit()
        record = self.new_bundle(call, kind) if kind in BUNDLES else self.new_thing(call, kind)
        self.reviews.save(record)
        return json_reply(201, self.view(call, record))

    def new_bundle(self, call: Call, kind: str) -> Record:
        """Return a new profile or product, a draft. Raises Refused."""
        form = call.form("FriendlyName Email PolicySid StatusCallback")
        fields = {
            "friendly_name": form.need("FriendlyName"), "email": form.need("Email"), "policy_sid": form.need("PolicySid"),
            "status": "draft", "status_callback": form.text("StatusCallback"), "errors": None, "valid_until": None,
        }  # fmt: skip
        if fields["policy_sid"] not in POLICIES.values():
            raise bad("PolicySid is not a policy")
        return Record(kind, new_sid("BU"), fields, {"assigned": {}, "evaluations": []}, created=self.reviews.now())

    def new_thing(self, call: Call, kind: str) -> Record:
        """Return a new end user or document. Raises Refused."""
        form = call.form("FriendlyName Type Attributes")
        prefix, types = THINGS[kind]
        fields: dict[str, Any] = {"friendly_name": form.need("FriendlyName"), "type": form.need("Type"), "attributes": _attributes(form)}
        if fields["type"] not in types:
            raise bad(f"Type {fields['type']} is not known")
        if kind == "SupportingDocuments":
            fields |= {"mime_type": None, "status": "draft"}
        return Record(kind, new_sid(prefix), fields, created=self.reviews.now())

    def answer_one(self, call: Call, record: Record) -> Reply:
        """Answer a request about one of them. Raises Refused."""
        if call.method == "GET":
            return json_reply(200, self.view(call, record))
        if call.method == "DELETE":
            return self.delete(record)
        if call.method != "POST":
            raise call.unfit()
        if record.kind in BUNDLES:
            self.change_bundle(call, record)
        else:
            form = call.form("FriendlyName Attributes")
            record.fields["friendly_name"] = form.text("FriendlyName", record.fields["friendly_name"])
            if "Attributes" in form:
                record.fields["attributes"] = _attributes(form)
            self.reviews.save(record)
        return json_reply(200, self.view(call, record))

    def change_bundle(self, call: Call, record: Record) -> None:
        """Change a profile or product, or put it up for review. Raises Refused."""
        form = call.form("FriendlyName Email Status StatusCallback")
        for name, field in (("FriendlyName", "friendly_name"), ("Email", "email"), ("StatusCallback", "status_callback")):
            record.fields[field] = form.text(name, record.fields[field])
        status = form.text("Status", record.fields["status"])
        if status == "pending-review" and record.fields["status"] != "in-review":
            record.fields["errors"] = None
            self.reviews.submit(record, status, seconds="profileSeconds")
            return
        if status not in (record.fields["status"], "draft") or (status == "draft" and record.fields["status"] not in EDITABLE):
            raise bad(f"Status cannot become {status}")
        record.fields["status"] = status
        self.reviews.save(record)

    def delete(self, record: Record) -> Reply:
        """Forget one of them. Raises Refused while something needs it."""
        for other in self.store.records.values():
            if record.sid in other.life.get("assigned", {}).values():
                raise bad(f"{record.sid} is assigned to {other.sid}")
        if record.kind in BUNDLES and record.fields["status"] not in EDITABLE:
            raise bad("It cannot be deleted while it is in review or approved")
        self.store.write("record_gone", record.sid)
        return Reply(204)

    def answer_part(self, call: Call, bundle: Record, part: str, rest: list[str]) -> Reply:
        """Answer a request about what belongs to a profile or product. Raises Refused."""
        if part == "Evaluations":
            return self.answer_evaluations(call, bundle, rest)
        group = "assigned" if part == "EntityAssignments" else "endpoints"
        kept: dict[str, Any] = bundle.life.setdefault(group, {})
        if rest and rest[0] not in kept:
            raise missing(call.request.path)
        if rest and call.method == "DELETE":
            del kept[rest[0]]
            self.reviews.save(bundle)
            return Reply(204)
        if rest and call.method == "GET":
            return json_reply(200, self.view_part(call, bundle, part, rest[0]))
        if not rest and call.method == "GET":
            wanted = call.request.params.get("ObjectType")
            sids = [sid for sid, other in kept.items() if wanted is None or self.is_of_type(other, wanted)]
            return listed(call, "results", [self.view_part(call, bundle, part, sid) for sid in sids])
        if rest or call.method != "POST":
            raise call.unfit()
        sid = self.assign(call, bundle, kept) if group == "assigned" else self.attach(call, bundle, kept)
        self.reviews.save(bundle)
        return json_reply(201, self.view_part(call, bundle, part, sid))

    def assign(self, call: Call, bundle: Record, kept: dict[str, Any]) -> str:
        """Put a person, a document or a profile into a bundle. Raises Refused."""
        other = call.form("ObjectSid").need("ObjectSid")
        if other not in self.store.records or self.store.records[other].kind not in (*BUNDLES, *THINGS):
            raise missing(f"/v1/{other}")
        if other in kept.values():
            raise bad(f"{other} is already assigned")
        if bundle.fields["status"] not in EDITABLE:
            raise bad("Nothing can be assigned while it is in review or approved")
        sid = new_sid("BV")
        kept[sid] = other
        return sid

    def attach(self, call: Call, bundle: Record, kept: dict[str, Any]) -> str:
        """Tie a phone number to a bundle. Raises Refused."""
        form = call.form("ChannelEndpointType ChannelEndpointSid")
        sid, endpoint = new_sid("RA"), form.need("ChannelEndpointSid")
        kept[sid] = [form.need("ChannelEndpointType"), endpoint]
        return sid

    def answer_evaluations(self, call: Call, bundle: Record, rest: list[str]) -> Reply:
        """Evaluate a bundle, or show how that went. Raises Refused."""
        kept: list[dict[str, Any]] = bundle.life.setdefault("evaluations", [])
        url = f"{call.root}/{bundle.kind}/{bundle.sid}/Evaluations"
        if call.method == "GET" and rest:
            found = next((row for row in kept if row["sid"] == rest[0]), None)
            if found is None:
                raise missing(call.request.path)
            return json_reply(200, found)
        if call.method == "GET":
            return listed(call, "results", list(reversed(kept)))
        if rest or call.method != "POST":
            raise call.unfit()
        policy = call.form("PolicySid").need("PolicySid")
        if policy != bundle.fields["policy_sid"]:
            raise bad("PolicySid is not the one this was made with")
        result, sid = evaluate(self.store, bundle), new_sid("EL")
        row = {
            "sid": sid, "account_sid": ACCOUNT_SID, "policy_sid": policy, BUNDLES[bundle.kind]: bundle.sid, "status": result.status,
            "results": result.results, "date_created": iso(self.reviews.now()), "url": f"{url}/{sid}",
        }  # fmt: skip
        kept.append(row)
        self.reviews.save(bundle)
        return json_reply(201, row)

    def is_of_type(self, sid: str, wanted: str) -> bool:
        """Tell whether what is assigned is of a type."""
        record = self.store.records.get(sid)
        return record is not None and wanted in (record.fields.get("type"), record.kind)

    def view(self, call: Call, record: Record) -> dict[str, Any]:
        """Return one of them as the API shows it."""
        url = f"{call.root}/{record.kind}/{record.sid}"
        if record.kind not in BUNDLES:
            return shown(record, url)
        prefix = "customer_profiles" if record.kind == "CustomerProfiles" else "trust_products"
        links = {
            f"{prefix}_{name}": f"{url}/{part}"
            for name, part in (
                ("entity_assignments", "EntityAssignments"), ("evaluations", "Evaluations"),
                ("channel_endpoint_assignment", "ChannelEndpointAssignments"),
            )
        }  # fmt: skip
        return shown(record, url, links=links)

    def view_part(self, call: Call, bundle: Record, part: str, sid: str) -> dict[str, Any]:
        """Return an assignment as the API shows it."""
        row = {"sid": sid, "account_sid": ACCOUNT_SID, BUNDLES[bundle.kind]: bundle.sid, "date_created": iso(bundle.updated)}
        if part == "EntityAssignments":
            row["object_sid"] = bundle.life["assigned"][sid]
        else:
            row["channel_endpoint_type"], row["channel_endpoint_sid"] = bundle.life["endpoints"][sid]
        return row | {"url": f"{call.root}/{bundle.kind}/{bundle.sid}/{part}/{sid}"}


def _attributes(form: Form) -> dict[str, Any]:
    """Return the attributes of an end user or document. Raises Refused."""
    try:
        found = json.loads(form.text("Attributes", "{}"))
    except ValueError as problem:
        raise bad("Attributes is not JSON") from problem
    if not isinstance(found, dict):
        raise bad("Attributes is not a JSON object")
    return found
