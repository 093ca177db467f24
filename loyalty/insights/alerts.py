"""What an owner should look at: people who use points oftener in a day than anybody needs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from loyalty.insights import statements
from servicepro.lib.crypto import decrypt_address
from servicepro.lib.phone import mask_phone
from servicepro.lib.tenancy import connection

REDEMPTIONS_A_DAY_MAX = 3


@dataclass(frozen=True, slots=True)
class ManyRedemptions:
    """Somebody who used points more often than usual on a day, also where they went back; the phone is masked."""

    customer_id: int
    name: str
    phone: str
    day: date
    redemptions: int
    returned: int
    points: int


def many_redemptions(first: date, last: date, zone: str) -> tuple[ManyRedemptions, ...]:
    """Return who used points more than three times on one of these local days, the newest day first; records of one person together."""
    with connection.cursor() as cursor:
        cursor.execute(
            statements.MANY_REDEMPTIONS,
            {
                "zone": zone,
                "since": datetime.combine(first, datetime.min.time(), ZoneInfo(zone)),
                "last": last,
                "most": REDEMPTIONS_A_DAY_MAX,
            },
        )
        rows = cursor.fetchall()
    return tuple(
        ManyRedemptions(customer, name or f"Customer {customer}", _masked(phone), day, redemptions, returned, points)
        for customer, name, phone, day, redemptions, returned, points in rows
    )


def _masked(stored: str | None) -> str:
    return mask_phone(decrypt_address(connection.schema_name, "phone", stored)) if stored else ""
