"""What the provider answers, in our terms."""

from dataclasses import dataclass, field
from typing import Any

# What a request lacks or has wrong; anything else that is refused is about what we may do, not about what was written.
VALIDATION_CODES = {20001, 21717, 21719, 21720, 21727, 21728, 22214, 22215, 22216, 22217, 22218, 22219}


class ProviderTrouble(Exception):
    """A call without the answer it asked for; `code` is the provider's, 0 where there is none."""

    code: int = 0


class Refused(ProviderTrouble):
    """The provider said no to this one call. `fields` are its own names."""

    def __init__(self, code: int, *, status: int = 400, fields: tuple[str, ...] = ()) -> None:
        super().__init__(f"refused {code}")
        self.code, self.status, self.fields = code, status, fields

    @property
    def is_validation(self) -> bool:
        """Whether something that was written is missing or wrong."""
        return self.code in VALIDATION_CODES

    @property
    def is_unknown(self) -> bool:
        """Whether the provider has no such thing."""
        return self.status == 404


class Away(ProviderTrouble):
    """No answer, a fault of the provider, or an answer nobody can read; the call may have had its effect."""


class Throttled(ProviderTrouble):
    """Nothing was done; `wait_seconds` is what the provider asks for, 0 where it does not say."""

    def __init__(self, wait_seconds: float) -> None:
        super().__init__("throttled")
        self.code, self.wait_seconds = 20429, wait_seconds


class Account(ProviderTrouble):
    """The platform's own account is not let in: nothing a business can do about it."""

    def __init__(self, code: int = 20003) -> None:
        super().__init__(f"account {code}")
        self.code = code


class NotSetUp(ProviderTrouble):
    """The server was given no account, or no customer profile of the platform's own."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason of a refusal: the code, and the provider's names of the fields it is about."""

    code: int
    fields: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A profile or a trust product; `status` is draft, pending-review, in-review, twilio-approved, twilio-rejected."""

    sid: str
    status: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class BrandState:
    """A brand as the provider has it."""

    sid: str
    status: str
    identity_status: str = ""
    tcr_id: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class CampaignState:
    """A campaign as the provider has it; `fixed` is what cannot be edited, by the provider's names."""

    sid: str
    status: str
    campaign_id: str = ""
    problems: tuple[Problem, ...] = ()
    fixed: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AccountNumber:
    """A number of the account; `sms_url` is where its texts go when no messaging service says otherwise."""

    sid: str
    phone: str
    sms_url: str
