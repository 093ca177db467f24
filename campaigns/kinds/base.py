"""What a kind of campaign must answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from campaigns.models import Campaign, Target
from messaging.types import MessageClass


@dataclass(frozen=True, slots=True)
class Texts:
    """The default words of a campaign."""

    sms: str
    email_subject: str
    email_text: str
    email_html: str


class Kind(Protocol):
    """A kind of campaign: its words, its effect, and the rules it is under."""

    name: str
    message_class: MessageClass
    points: int
    fields: frozenset[str]

    def texts(self, owner_name: str, business_name: str) -> Texts:
        """Return the default words."""
        ...

    def effect(self, campaign: Campaign, targets: Sequence[Target]) -> set[int]:
        """Do what the campaign promises to these people; return the ids of targets for whom it was done just now."""
        ...
