"""What a record looks like before a merge, and what one record may take over from another: no queries in here."""

import json
from typing import Any

from customers.models import Customer

# A refusal passes to the kept record, a permission never does: nobody gave it for that record.
REFUSALS = {
    **dict.fromkeys(("opted_out", "sms_opt_out", "email_opt_out"), True),
    **dict.fromkeys(("sms_consent", "gdpr_marketing_consent", "whatsapp_consent"), False),
}
# What belongs to one row alone, or has a rule of its own below. An invitation that ran out says nothing of the other record.
_NEVER_FILLED = {
    *("id", "created_at", "updated_at", "source", "same_person_as_id", "loyalty_points_balance", "phone", "phone_raw"),
    *("import_batch_id", "expired_at", "erased_as"),
    *REFUSALS,
}
_JSON = {"extra", "other_phones"}  # encrypted columns that hold JSON


def columns_of(customer: Customer) -> dict[str, Any]:
    """Return every column of a row by its name."""
    return {field.attname: getattr(customer, field.attname) for field in customer._meta.concrete_fields}


def moves_phone(kept: Customer, gone: Customer) -> bool:
    """Tell whether the phone changes rows: one phone stands on one row, so it cannot be copied like the rest."""
    return kept.phone is None and gone.phone is not None


def taken_over(kept: Customer, gone: Customer) -> dict[str, Any]:
    """Return what changes on the kept record: what it lacks and the other has, every refusal, and never a value it had."""
    ours, theirs = columns_of(kept), columns_of(gone)
    changes: dict[str, Any] = {}
    for column, value in theirs.items():
        if column not in _NEVER_FILLED and (joined := _joined(column, ours[column], value)) != ours[column]:
            changes[column] = joined
    if moves_phone(kept, gone):
        changes |= {"phone": gone.phone, "phone_raw": gone.phone_raw}
    elif kept.phone is None and not kept.phone_raw and gone.phone_raw:
        changes["phone_raw"] = gone.phone_raw
    changes |= {column: refusal for column, refusal in REFUSALS.items() if theirs[column] is refusal and ours[column] is not refusal}
    return {column: value for column, value in changes.items() if value != ours[column]}


def _joined(column: str, ours: Any, theirs: Any) -> Any:
    """Return our value, filled where it is empty; what is many things is added to and loses none of ours."""
    if theirs in (None, "", [], {}):
        return ours
    if ours in (None, "", [], {}):
        return theirs
    if column in _JSON:
        joined = _joined("", json.loads(ours), json.loads(theirs))
        return ours if joined == json.loads(ours) else json.dumps(joined, ensure_ascii=False)
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return {**theirs, **ours}
    if isinstance(ours, list) and isinstance(theirs, list):
        return [*ours, *(item for item in theirs if item not in ours)]
    return ours


def frozen(columns: dict[str, Any]) -> str:
    """Return columns as JSON text, instants to the microsecond."""
    return json.dumps(columns, default=lambda value: value.isoformat() if hasattr(value, "isoformat") else str(value))


def thawed(columns: dict[str, Any]) -> dict[str, Any]:
    """Return columns read from JSON as the model holds them."""
    fields = {field.attname: field for field in Customer._meta.concrete_fields}
    return {column: fields[column].to_python(value) for column, value in columns.items() if column in fields}
