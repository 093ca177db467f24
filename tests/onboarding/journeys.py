"""Random ways from a list to a first booking, and what they add up to counted plainly, row by row."""

import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from statistics import mean
from zoneinfo import ZoneInfo

from django.db import connection
from hypothesis import strategies as st

from bookings.models import Booking, Place
from campaigns.models import Campaign, Target
from customers.models import Customer, ImportBatch
from loyalty.models import OfferCode, OfferUse, WelcomeOffer

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
ZONE = ZoneInfo("America/Chicago")
RECORDS, CAMPAIGNS, OFFERS = 6, 3, 2
TABLES = {"sms": ("port_recovery_sms_sends", "sms_ok"), "whatsapp": ("whatsapp_sends", "message_ok")}
_HOURS = st.integers(0, 24 * 60)  # ago
_MAYBE = st.none() | _HOURS
_STATUSES = ["sent", "sent", "sent", "failed", "skipped", "pending", "held", "in_doubt"]
_SAID = [None, "queued", "sent", "delivered", "delivered", "read", "undelivered", "failed"]


@dataclass
class Record:
    """A customer record: when it was made and registered, in hours ago, whether by a list, and whose it is."""

    made: int
    registered: int | None
    is_listed: bool
    group: int


@dataclass
class Wave:
    """A campaign: its kind, when it was started, and its offer."""

    kind: str
    started: int | None
    offer: int | None


@dataclass
class Message:
    """What became of a record in a campaign."""

    wave: int
    record: int
    status: str
    channel: str
    sent: int
    said: str | None


@dataclass
class Visit:
    """An appointment, by when it was made."""

    record: int
    made: int
    status: str


@dataclass
class Use:
    """A use of an offer."""

    record: int
    offer: int
    discount: int
    is_returned: bool


@dataclass
class World:
    """Everything that happened."""

    records: list[Record] = field(default_factory=list)
    waves: list[Wave] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    now: datetime = NOW

    def ago(self, hours: int) -> datetime:
        """Return a moment so many hours before now."""
        return self.now - timedelta(hours=hours)

    def person(self, record: int) -> int:
        """Return the record that stands for a record's person: the first of its group."""
        return next(number for number, other in enumerate(self.records) if other.group == self.records[record].group)


_record, _campaign = st.integers(0, RECORDS - 1), st.integers(0, CAMPAIGNS - 1)
_messages = st.lists(
    st.builds(Message, _campaign, _record, st.sampled_from(_STATUSES), st.sampled_from(list(TABLES)), _HOURS, st.sampled_from(_SAID)),
    max_size=14, unique_by=lambda message: (message.wave, message.record),
)  # fmt: skip
WORLDS = st.builds(
    World,
    st.lists(st.builds(Record, _HOURS, _MAYBE, st.booleans() | st.just(True), st.integers(0, 7)), min_size=RECORDS, max_size=RECORDS),
    st.lists(
        st.builds(Wave, st.sampled_from(["invitation", "invitation", "port_recovery"]), _MAYBE, st.none() | st.integers(0, OFFERS - 1)),
        min_size=CAMPAIGNS, max_size=CAMPAIGNS,
    ),
    _messages,
    st.lists(st.builds(Visit, _record, _HOURS, st.sampled_from(["confirmed", "confirmed", "completed", "no_show", "cancelled"])), max_size=6),
    st.lists(st.builds(Use, _record, st.integers(0, OFFERS - 1), st.integers(1, 900), st.booleans()), max_size=6),
)  # fmt: skip


def wipe() -> None:
    """Forget everything that a world wrote."""
    tables = (
        *("bookings_booking", "bookings_place", "campaigns_target", "campaigns_campaign", "loyalty_offeruse", "loyalty_offercode"),
        *("loyalty_welcomeoffer", "customers_contactchange", "customers_customer", "customers_importbatch"),
        *("public.port_recovery_sms_sends", "public.whatsapp_sends"),
    )
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table in tables:
            cursor.execute(f"DELETE FROM {table}")
        cursor.execute("SET session_replication_role = DEFAULT")


def write(world: World) -> list[Customer]:
    """Put a world into the tables; return the customers in the order of its records."""
    batch = ImportBatch.objects.create(file_name="a.csv", file_digest="x", file_format="csv", status="completed")
    customers = Customer.objects.bulk_create(
        Customer(
            name=f"Person {number}",
            import_batch=batch if record.is_listed else None,
            registered_at=None if record.registered is None else world.ago(record.registered),
        )
        for number, record in enumerate(world.records)
    )
    for number, (customer, record) in enumerate(zip(customers, world.records, strict=True)):
        customer.created_at = world.ago(record.made)
        head = world.person(number)
        customer.same_person_as = customers[head] if head != number else None
    Customer.objects.bulk_update(customers, ["created_at", "same_person_as"])
    offers = [WelcomeOffer.objects.create(name=f"Offer {number}", discount_type="fixed", discount_value=100) for number in range(OFFERS)]
    _write_messages(world, customers, offers)
    _write_visits(world, customers)
    _write_uses(world, customers, offers)
    return customers


def _write_messages(world: World, customers: list[Customer], offers: list[WelcomeOffer]) -> None:
    waves = Campaign.objects.bulk_create(
        Campaign(
            key=f"wave-{number}",
            kind=wave.kind,
            name=f"Wave {number}",
            channel="both",
            status="completed" if wave.started is not None else "draft",
            started_at=None if wave.started is None else world.ago(wave.started),
            offer=None if wave.offer is None else offers[wave.offer],
        )
        for number, wave in enumerate(world.waves)
    )
    ids = [uuid.uuid4() for _message in world.messages]
    Target.objects.bulk_create(
        Target(
            campaign=waves[message.wave],
            customer=customers[message.record],
            sms_status=message.status,
            phone_channel=message.channel,
            sms_attempt_id=attempt if message.status in ("sent", "failed", "in_doubt") else None,
        )
        for message, attempt in zip(world.messages, ids, strict=True)
    )
    with connection.cursor() as cursor:
        for number, (message, attempt) in enumerate(zip(world.messages, ids, strict=True)):
            table, ok = TABLES[message.channel]
            cursor.execute(
                f"INSERT INTO public.{table} (tenant_id, campaign_key, phone, {ok}, attempted_at, attempt_id, state, provider_status)"
                " VALUES (%s, %s, %s, true, %s, %s, 'sent', %s)",
                [connection.schema_name, f"wave-{message.wave}", f"tag-{number}", world.ago(message.sent), attempt, message.said],
            )


def _write_visits(world: World, customers: list[Customer]) -> None:
    place = Place.objects.create(name="Here", time_zone="America/Chicago")
    visits = Booking.objects.bulk_create(
        Booking(
            customer=customers[visit.record],
            place=place,
            starts_at=world.now + timedelta(hours=number),
            ends_at=world.now + timedelta(hours=number + 1),
            seat=1,
            status=visit.status,
            cancelled_at=world.now if visit.status == "cancelled" else None,
            currency="USD",
            total_minor=1_000,
            due_minor=1_000,
            idempotency_key=str(number),
            request_digest="x",
        )
        for number, visit in enumerate(world.visits)
    )
    for booking, visit in zip(visits, world.visits, strict=True):
        booking.created_at = world.ago(visit.made)
    Booking.objects.bulk_update(visits, ["created_at"])


def _write_uses(world: World, customers: list[Customer], offers: list[WelcomeOffer]) -> None:
    codes: dict[tuple[int, int], OfferCode] = {}
    for number, use in enumerate(world.uses):
        place = (use.record, use.offer)
        if place not in codes:
            codes[place] = OfferCode.objects.create(offer=offers[use.offer], customer=customers[use.record], code=f"WELCOME-{number:06d}")
        OfferUse.objects.create(
            code=codes[place],
            use_number=number + 1,
            usage_limit=99,
            source_key=f"booking:{number}",
            total_minor=100_000,
            discount_minor=use.discount,
            returned_at=world.now if use.is_returned else None,
        )


@dataclass
class Journey:
    """What one person from a list did; moments are never before the list."""

    imported: datetime
    invited: datetime | None = None
    registered: datetime | None = None
    booked: datetime | None = None
    sent: int = 0
    delivered: int = 0
    uses: int = 0
    discount: int = 0


def journeys(world: World) -> list[Journey]:
    """Return a journey for each person that a list brought."""
    families: dict[int, list[int]] = defaultdict(list)
    for number in range(len(world.records)):
        families[world.person(number)].append(number)
    return [journey for family in families.values() if (journey := _journey(world, family))]


def _journey(world: World, family: list[int]) -> Journey | None:
    lists = [world.ago(world.records[number].made) for number in family if world.records[number].is_listed]
    if not lists:
        return None
    found = Journey(min(lists))

    def first(moments: list[datetime]) -> datetime | None:
        return max(min(moments), found.imported) if moments else None

    sent = [m for m in world.messages if m.record in family and m.status == "sent" and world.waves[m.wave].kind == "invitation"]
    hours = (world.records[number].registered for number in family)
    found.invited = first([world.ago(message.sent) for message in sent])
    found.registered = first([world.ago(hour) for hour in hours if hour is not None])
    found.booked = first([world.ago(visit.made) for visit in world.visits if visit.record in family and visit.status != "cancelled"])
    found.sent, found.delivered = len(sent), sum(message.said in ("delivered", "read") for message in sent)
    uses = [use for use in world.uses if use.record in family and not use.is_returned]
    found.uses, found.discount = len(uses), sum(use.discount for use in uses)
    return found


def days_between(every: list[Journey], name: str) -> float | None:
    """Return the mean of days from the list to a step, over those who came to it."""
    spans = [(getattr(j, name) - j.imported).total_seconds() / 86_400 for j in every if getattr(j, name)]
    return mean(spans) if spans else None


def by_day(every: list[Journey]) -> Counter[tuple[str, date]]:
    """Return how many people came to each step on each local day."""
    steps = ("imported", "invited", "registered", "booked")
    return Counter((name, moment.astimezone(ZONE).date()) for j in every for name in steps if (moment := getattr(j, name)))
