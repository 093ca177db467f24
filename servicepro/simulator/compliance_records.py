"""What an account has registered: profiles, documents, brands, campaigns, services, numbers, each as one record of the journal."""

import hashlib
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

PRIMARY_PROFILE = "BU" + "5" * 32  # the platform's own customer profile: made by hand in the console, so it is there from the start
POLICIES = {
    "primary": "RN6433641899984f951173ef1738c3bdd0",
    "secondary": "RNdfbf3fae0e1107f8aded0e7cead80bf5",
    "starter": "RN806dd6cd175f314e1f96a9727ee271f4",
    "a2p": "RNb0d4771c2c98518d916a3d4cd70a8f8b",
    "sole_proprietor": "RN670d5d2e282a6130ae063b234b6019c8",
}


@dataclass(slots=True)
class Record:
    """One thing of an account; `fields` are its own, `life` is what the reviewers know of it and nobody is shown."""

    kind: str
    sid: str
    fields: dict[str, Any]
    life: dict[str, Any] = field(default_factory=dict)
    created: float = field(default_factory=time.time)
    updated: float = field(default_factory=time.time)


def new_sid(prefix: str) -> str:
    """Return an id nobody has."""
    return f"{prefix}{secrets.token_hex(16)}"


def number_sid(number: str) -> str:
    """Return the id of a phone number: the same for ever, so that a restart keeps it."""
    return f"PN{hashlib.md5(number.encode(), usedforsecurity=False).hexdigest()}"


def campaign_key(service_sid: str) -> str:
    """Return under which key a campaign is kept: its messaging service, because its own id is the same for all there are."""
    return f"usa2p:{service_sid}"


def first_records() -> dict[str, Record]:
    """Return what an account has before anything is registered through the API."""
    fields = {
        "friendly_name": "Platform", "email": "platform@example.com", "policy_sid": POLICIES["primary"], "status": "twilio-approved",
        "status_callback": None, "errors": None, "valid_until": None,
    }  # fmt: skip
    return {PRIMARY_PROFILE: Record("CustomerProfiles", PRIMARY_PROFILE, fields)}
