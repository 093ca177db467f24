"""What the API of messaging campaigns is sent and what it answers, with an example of each."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from campaigns.types import CustomerFilter
from servicepro.lib.api_schema import ApiSchema

ChannelName = Literal["email", "whatsapp"]
FilterBy = Literal["all", "has_email", "has_phone", "marketing_consent"]
MINOR_MAX = 10**9
ID_MAX = 2**53
PEOPLE_A_CALL_MAX = 1_000


class FilterIn(ApiSchema):
    """Which customers are meant; what is left out narrows nothing down."""

    filter_by: FilterBy = Field(
        default="all", description="everybody listed has agreed to marketing, so marketing_consent is all of them", examples=["has_email"]
    )
    search: str = Field(default="", max_length=120, description="part of a name or email", examples=["ana"])
    has_whatsapp_consent: bool = Field(default=False, description="only who said yes to WhatsApp", examples=[False])
    last_booking_from: date | None = Field(default=None, description="whose last booking was on this day or later", examples=["2026-01-01"])
    last_booking_before: date | None = Field(default=None, description="whose last booking was before this day", examples=["2026-10-01"])
    bookings_min: int | None = Field(default=None, ge=0, le=MINOR_MAX, description="with at least as many bookings", examples=[2])
    bookings_max: int | None = Field(default=None, ge=0, le=MINOR_MAX, description="with at most as many bookings", examples=[20])
    spent_min_minor: int | None = Field(default=None, ge=0, le=MINOR_MAX, description="who spent at least this, in cents", examples=[5000])
    spent_max_minor: int | None = Field(default=None, ge=0, le=MINOR_MAX, description="who spent at most this, in cents", examples=[90000])
    tags: list[str] = Field(default=[], max_length=50, description="with one of these tags", examples=[["vip"]])

    def wanted(self) -> CustomerFilter:
        """Return it as the services know it."""
        return CustomerFilter(
            search=self.search.replace("\0", "").strip(),
            has_email=self.filter_by == "has_email",
            has_phone=self.filter_by == "has_phone",
            has_whatsapp_consent=self.has_whatsapp_consent,
            last_booking_from=self.last_booking_from,
            last_booking_before=self.last_booking_before,
            bookings_min=self.bookings_min,
            bookings_max=self.bookings_max,
            spent_min_minor=self.spent_min_minor,
            spent_max_minor=self.spent_max_minor,
            tags=tuple(tag.replace("\0", "") for tag in self.tags),
        )


class RecipientsIn(ApiSchema):
    """Who is ticked or unticked: either these customers, or everybody at the campaign's places who matches."""

    user_ids: list[Annotated[int, Field(ge=1, le=ID_MAX)]] = Field(
        default=[], max_length=PEOPLE_A_CALL_MAX, description="customers by id; those not listed are left out"
    )
    all_matching: bool = Field(default=False, description="everybody who passes the filter, on all pages; without a filter all customers")
    filter: FilterIn = Field(default_factory=FilterIn, description="with allMatching: whom it means")
    selected: bool = Field(default=True, description="false takes them out again")


class MessagingConfigIn(ApiSchema):
    """How a campaign goes out and what it says; what is left out stays as it is."""

    channels: list[ChannelName] | None = Field(default=None, description="email, whatsapp or both")
    email_subject: str | None = None
    email_body: str | None = Field(default=None, description="HTML; scripts and the like are taken out, a plain twin is written along")
    whatsapp_message: str | None = Field(default=None, description="up to 1,600 characters; for people who wrote within a day")
    content_sid: str | None = Field(default=None, description="the approved WhatsApp template, which reaches everybody else too")
    content_variables: dict[str, str] | None = Field(default=None, description='what its numbers stand for: {"1": "first_name|there"}')


class NewMessagingConfig(MessagingConfigIn):
    """How a new campaign goes out, what it says and, with `recipients` or `segmentId`, when."""

    scheduled_send_time: datetime | None = Field(
        default=None, description="with an offset, or without one on the business's clock; null leaves it a draft"
    )
    send_immediately: bool = Field(default=False, description="send it once it is made")


class CampaignIn(ApiSchema):
    """A messaging campaign to be made."""

    campaign_type: Literal["messaging"] = "messaging"
    name: str = Field(description="what the owner calls it; customers never see it")
    description: str = ""
    place_ids: list[int] = Field(default=[], max_length=500, description="whose customers; only places the owner looks after")
    segment_id: int | None = Field(default=None, ge=1, le=2**31, description="a saved segment instead of places and recipients")
    recipients: RecipientsIn | None = Field(default=None, description="who is chosen at once; they can be added later too")
    messaging_config: NewMessagingConfig = Field(default_factory=NewMessagingConfig)


class CampaignChanges(ApiSchema):
    """What changes in a draft; what is left out stays."""

    name: str | None = None
    description: str | None = None
    place_ids: list[int] | None = Field(default=None, max_length=500)
    segment_id: int | None = Field(default=None, ge=1, le=2**31, description="write to a saved segment from now on")
    messaging_config: MessagingConfigIn = Field(default_factory=MessagingConfigIn)


class SendIn(ApiSchema):
    """When a campaign goes out: at once, or at a time."""

    send_immediately: bool = False
    scheduled_send_time: datetime | None = Field(default=None, description="with an offset, or without one on the business's clock")
    confirmed_count: int | None = Field(
        default=None, ge=0, le=2**31, description="how many people the owner saw; refused where they are more or fewer by now"
    )


class ListedCustomer(ApiSchema):
    """A customer who may be chosen; the phone is masked."""

    user_id: int
    name: str
    email: str
    phone: str
    gdpr_marketing_consent: bool
    whatsapp_consent: bool
    last_booking_date: datetime | None
    total_bookings: int
    spent_minor: int = Field(description="at these places, in minor units of the business's currency")
    is_selected: bool = Field(description="with campaignId: ticked in this campaign")


class ListedCustomers(ApiSchema):
    """A page of customers: `total` match the filter, `eligible` are all who could be chosen at these places."""

    customers: list[ListedCustomer]
    page: int
    limit: int
    total: int
    eligible: int
    selected: int = Field(description="with campaignId: chosen of the eligible")


class SelectionCount(ApiSchema):
    """How many people are chosen now."""

    selected: int


class ShownSegment(ApiSchema):
    """A saved segment; who belongs to it is found anew each time."""

    id: int
    name: str
    place_ids: list[int]
    created_at: datetime


class ShownSegments(ApiSchema):
    """All segments of places the owner looks after, by name."""

    segments: list[ShownSegment]


class ChannelNumbers(ApiSchema):
    """What became of one channel's messages, in people: total is sent, failed, skipped and pending."""

    channel: ChannelName
    total: int
    sent: int = Field(description="taken by the provider")
    failed: int = Field(description="refused")
    skipped: int = Field(description="not written to, each with a reason")
    pending: int
    delivered: int = Field(description="of the sent, as the provider said since")
    opened: int = Field(description="of the sent, read; emails only where the business counts openings")
    bounced: int = Field(description="of the sent, not delivered after all")
    opted_out: int = Field(description="said no after they were written to")
    cost_micros: int = Field(description="in millionths of the account's currency")


class MessagingNumbers(ApiSchema):
    """What came of a campaign: messages, their sums, and both by channel."""

    recipients: int = Field(description="people on its list; 0 before it is scheduled or sent")
    total: int
    sent: int
    sent_percent: float
    failed: int
    failed_percent: float
    skipped: int
    pending: int
    delivered: int
    opened: int
    bounced: int
    opted_out: int
    cost_micros: int
    tracks_opens: bool
    channels: list[ChannelNumbers]


class MessagingConfig(ApiSchema):
    """How a campaign goes out and what it says."""

    channels: list[ChannelName]
    email_subject: str
    email_body: str
    whatsapp_message: str
    content_sid: str
    content_variables: dict[str, str]
    scheduled_send_time: datetime | None


class MessagingCampaign(ApiSchema):
    """A messaging campaign as it stands."""

    id: int
    campaign_type: Literal["messaging"]
    name: str
    description: str
    place_ids: list[int]
    segment_id: int | None
    messaging_config: MessagingConfig
    status: Literal["draft", "scheduled", "preparing", "sending", "paused", "completed", "cancelled"] = Field(
        description="preparing: it was started, and its list of people is being made"
    )
    pause_reason: str = Field(description="why it stands still, to be shown to people; empty where nothing is to be said")
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    stats: MessagingNumbers


class MessagingCampaigns(ApiSchema):
    """A page of campaigns, newest first."""

    campaigns: list[MessagingCampaign]
    page: int
    limit: int
    total: int


class ShownMessage(ApiSchema):
    """What became of one message to one person."""

    channel: ChannelName
    status: Literal["pending", "in_doubt", "held", "sent", "failed", "skipped"]
    reason: str = Field(description="a stable word; empty where there is none")
    sentence: str = Field(description="what became of it and why, to be shown to people")
    sent_at: datetime | None
    delivery_status: str = Field(description="what the provider said since")


class Recipient(ApiSchema):
    """One person of a campaign; the phone is masked."""

    id: int | None = Field(description="null while it is a draft, which has no list yet")
    user_id: int | None = Field(description="null after they were erased")
    customer_name: str
    customer_email: str
    customer_phone: str
    status: Literal["pending", "sent", "failed", "skipped"] = Field(
        description="pending while any message waits, else sent where any was, else failed where any did"
    )
    sent_at: datetime | None
    error_message: str = Field(description="why a message failed or was not sent; empty where none did")
    messages: list[ShownMessage]


class Recipients(ApiSchema):
    """A page of a campaign's people."""

    recipients: list[Recipient]
    page: int
    limit: int
    total: int


class Retried(ApiSchema):
    """How many people get another turn."""

    retried: int


class Reach(ApiSchema):
    """Whom a campaign would reach if it were sent now, and what that costs."""

    selected: int
    people: int = Field(description="of them people whom a chosen channel reaches")
    by_channel: dict[str, int]
    left_out: dict[str, dict[str, int]] = Field(description="by channel and reason")
    cost_micros: int = Field(description="in millionths of the account's currency")
    seconds: int = Field(description="how long sending takes at the allowed pace")
