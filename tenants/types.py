"""Words that other apps and the doors share."""

from enum import StrEnum


class ApiScope(StrEnum):
    """What an API token may do; the owner ticks these one by one."""

    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    CUSTOMERS_UNMASK = "customers:unmask"
    LOYALTY_READ = "loyalty:read"
    LOYALTY_WRITE = "loyalty:write"
    CAMPAIGNS_READ = "campaigns:read"
    CAMPAIGNS_WRITE = "campaigns:write"
    REGISTRATION_READ = "registration:read"
    REGISTRATION_WRITE = "registration:write"

    @property
    def label(self) -> str:
        """Say it to the owner."""
        return _LABELS[self]


_LABELS = {
    ApiScope.CUSTOMERS_READ: "See customers and imports, phones masked",
    ApiScope.CUSTOMERS_WRITE: "Import customers, confirm and undo imports",
    ApiScope.CUSTOMERS_UNMASK: "See whole phone numbers, one at a time, each look recorded",
    ApiScope.LOYALTY_READ: "See what points add up to and who has most, and what became of welcome offers, phones masked",
    ApiScope.LOYALTY_WRITE: "Make and change welcome offers",
    ApiScope.CAMPAIGNS_READ: "See invitations and messaging campaigns and what came of them, in numbers",
    ApiScope.CAMPAIGNS_WRITE: "Make, send, pause and cancel invitations and messaging campaigns: this costs money and writes to customers",
    ApiScope.REGISTRATION_READ: "See how far the set-up and the registration for texting are",
    ApiScope.REGISTRATION_WRITE: "Submit the registration for texting to Twilio and ask how it stands: this costs fees",
}
