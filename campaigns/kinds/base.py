"""What a kind of campaign must answer, and what it need not say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from campaigns.models import Campaign, Target
from customers.types import ConsentFacts
from messaging.types import Channel, MessageClass
from tenants.selectors import User


@dataclass(frozen=True, slots=True)
class Texts:
    """The default words of a campaign."""

    sms: str
    email_subject: str = ""
    email_text: str = ""
    email_html: str = ""


class Kind:
    """A kind of campaign: its words, its effect, and the rules it is under. What most kinds do not need, none has to answer."""

    name: ClassVar[str]
    log_label: ClassVar[str]
    message_class: ClassVar[MessageClass] = MessageClass.MARKETING
    points: ClassVar[int] = 0
    fields: ClassVar[frozenset[str]]
    batch_max: ClassVar[int | None] = None  # None: a batch is what the pace allows
    attempts_max: ClassVar[int | None] = None  # None: whom the provider could not be reached for is tried until it can be
    backoff_seconds: ClassVar[float] = 5.0  # the wait after a 429 that names none
    # A kind with its own fields, with people it passes over, or with work after sending says so: the others do no work for it.
    is_personal: ClassVar[bool] = False
    # {field: what stands in where it has no value}: then a text may also say {{field|what stands in}}. None: it may not.
    fallbacks: ClassVar[Mapping[str, str] | None] = None
    nobody: ClassVar[str] = "There is nobody to write to."  # what is said where its list came out empty
    is_drafted_again: ClassVar[bool] = False  # what could not start at its time becomes a draft, instead of a paused campaign
    can_remove: ClassVar[bool] = False  # whether an owner may take single people off its list

    def texts(self, owner_name: str, business_name: str) -> Texts:
        """Return the default words."""
        raise NotImplementedError

    def plan(self, campaign: Campaign) -> int | None:
        """Make the list of people anew before the campaign starts; return how many, None where it was made with the draft."""
        return None

    def check(self, campaign: Campaign, *, actor: User | None = None) -> None:
        """Object to a campaign that must not start, or not for `actor`. Raises BadCampaignInput, ProviderAway."""

    def expected(self, campaign: Campaign) -> int | None:
        """Return how many people its list would have now, before it is made; None where it was made with the draft."""
        return None

    def paced_by(self, campaign: Campaign) -> Sequence[Channel]:
        """Return the channels whose pace says how many people make a batch: what the slowest of them allows."""
        return (Channel.WHATSAPP,) if campaign.channel == Campaign.Channel.WHATSAPP else (Channel.SMS,)

    def halts(self, campaign: Campaign, *, thoroughly: bool) -> str:
        """Return why a running campaign must stop here, as a sentence; empty where it goes on. `thoroughly` may ask the provider."""
        return ""

    def leave_out(self, campaign: Campaign, targets: Sequence[Target], consents: Mapping[int, ConsentFacts]) -> Mapping[int, str]:
        """Return {target id: reason} of people whose turn it is and who must not be written to now; `consents` are this moment's."""
        return {}

    def effect(self, campaign: Campaign, targets: Sequence[Target]) -> set[int]:
        """Do what the campaign promises to these people; return the ids of targets for whom it was done just now."""
        return set()

    def values(self, campaign: Campaign, targets: Sequence[Target]) -> Mapping[int, Mapping[str, str]]:
        """Return {target id: the kind's own fields}."""
        return {}

    def reached(self, campaign: Campaign, targets: Sequence[Target]) -> None:
        """Note that the provider has the message of these people; it may be told twice of one."""
