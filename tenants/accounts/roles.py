"""What each role may do in its business: the one rule, asked by the admin, the menu and every page of ours.

Owners may do everything in their own business. What anybody else may do stands in this table and nowhere else: groups and
permissions given to one person count for nothing, so a change of role takes effect at once and leaves nothing behind.
"""

OWNER, MANAGER, STAFF = "owner", "manager", "staff"

_PEOPLE = ("customer", "conversation", "participant", "message")
_CATALOG = ("place", "openinghours", "closure", "service")
GRANTED: dict[str, frozenset[str]] = {
    MANAGER: frozenset(
        [
            *(f"customers.{verb}_{model}" for verb in ("view", "change") for model in _PEOPLE),
            *("campaigns.view_campaign", "campaigns.view_target"),
            *("loyalty.view_pointstransaction", "loyalty.add_pointstransaction"),
            *(f"bookings.{verb}_{model}" for verb in ("view", "add", "change") for model in _CATALOG),
            *("bookings.delete_openinghours", "bookings.delete_closure", "bookings.view_booking", "bookings.change_booking"),
        ]
    ),
    STAFF: frozenset(["customers.view_customer", "bookings.view_booking", "bookings.change_booking"]),
}


def may(role: str, permission: str) -> bool:
    """Tell whether a role grants a permission, written as Django does ("customers.view_customer")."""
    return role == OWNER or permission in GRANTED.get(role, frozenset())


def may_enter(role: str, app_label: str) -> bool:
    """Tell whether a role grants anything at all in an app."""
    return role == OWNER or any(permission.startswith(f"{app_label}.") for permission in GRANTED.get(role, frozenset()))
