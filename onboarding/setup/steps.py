"""The steps of the wizard, from facts alone: what is complete, what is missing, and where it is added."""

from collections.abc import Sequence

from onboarding.setup.phone import phone_step
from onboarding.setup.types import BusinessFacts, CampaignFacts, Card, Facts, Link, Piece, PlaceFacts, Step, StepStatus

KEYS = ("business", "phone", "services", "customers", "campaign")
SETTINGS_PAGE = "/admin/business/businesssettings/1/change/"
PLACES_PAGE, PLACE_ADD_PAGE = "/admin/bookings/place/", "/admin/bookings/place/add/"
SERVICES_PAGE, SERVICE_ADD_PAGE = "/admin/bookings/service/", "/admin/bookings/service/add/"
IMPORT_PAGE, CUSTOMERS_PAGE = "/admin/customers/import/", "/admin/customers/customer/"
CAMPAIGN_PAGES = {
    "invitation": Link("Go to invitations", "/admin/invitations/"),
    "messaging": Link("Go to messages", "/admin/messages/"),
    "port_recovery": Link("Go to port recovery", "/admin/port-recovery/"),
}
NEW_CAMPAIGNS = (Link("Invite your customers", "/admin/invitations/new/"), Link("Write to those who agreed", "/admin/messages/new/"))


def steps_of(facts: Facts) -> tuple[Step, ...]:
    """Return the five steps in their order."""
    return (
        _business_step(facts.business),
        phone_step(facts.phone),
        _services_step(facts.places),
        _customers_step(facts.customers),
        _campaign_step(facts.campaigns),
    )


def first_open(steps: Sequence[Step]) -> Step | None:
    """Return the first step that lacks something, None where all are complete."""
    return next((step for step in steps if not step.is_complete), None)


def _status(cards: Sequence[Card]) -> StepStatus:
    """Complete where no card lacks anything, not started where every card does."""
    lacking = sum(bool(card.missing) for card in cards)
    if not lacking:
        return StepStatus.COMPLETE
    return StepStatus.NOT_STARTED if lacking == len(cards) else StepStatus.PARTIALLY_CONFIGURED


def _card(key: str, title: str, words: tuple[str, str], *, missing: Piece | None, link: Link, value: str = "") -> Card:
    """Return a card that says the first of two sentences where it has what it needs, and the second where not."""
    return Card(key, title, (words[1] if missing else words[0],), (link,), (missing,) if missing else (), value=value)


def _business_step(facts: BusinessFacts) -> Step:
    link = Link("Open business settings", SETTINGS_PAGE)
    cards = (
        _card(
            "owner",
            "Who writes",
            ("Your texts are signed with this name.", "Say who signs your texts. Without a name they come from “the team”."),
            missing=None if facts.owner_name else Piece.OWNER_NAME,
            link=link,
            value=facts.owner_name,
        ),
        _card(
            "owner-phone",
            "Your own phone",
            (
                "Test texts come here before anybody else gets them.",
                "Add your own mobile phone: test texts come there before anybody else gets them.",
            ),
            missing=None if facts.owner_phone else Piece.OWNER_PHONE,
            link=link,
            value=facts.owner_phone,
        ),
        _card(
            "address",
            "Postal address",
            ("It stands at the foot of your emails, as the law asks.", "The law asks for it at the foot of emails to many: add it."),
            missing=None if facts.postal_address else Piece.POSTAL_ADDRESS,
            link=link,
            value=facts.postal_address,
        ),
    )
    return Step("business", 1, "Business", "Who you are, for everybody you write to.", _status(cards), cards)


def _services_step(places: Sequence[PlaceFacts]) -> Step:
    """Bookable is a business with one place that has both hours and services: the one that lacks least is shown."""
    best = max(places, key=lambda place: place.has_hours + place.has_services, default=None)
    has_hours, has_services = best is not None and best.has_hours, best is not None and best.has_services
    count = f"{len(places)} place{'s' * (len(places) != 1)}"
    hours_words = "Give your place opening hours." if best else "They belong to a place, so add that first."
    cards = (
        _card(
            "place",
            "Place",
            ("Customers can book here.", "Add the place customers come to, or from which you go to them."),
            missing=None if best else Piece.PLACE,
            link=Link("Look at places", PLACES_PAGE) if best else Link("Add a place", PLACE_ADD_PAGE),
            value=count if best else "",
        ),
        _card(
            "hours",
            "Opening hours",
            ("Times are free within your opening hours.", f"{hours_words} Without them no time is free."),
            missing=None if has_hours else Piece.OPENING_HOURS,
            link=Link("Set opening hours", PLACES_PAGE) if best else Link("Add a place", PLACE_ADD_PAGE),
        ),
        _card(
            "service",
            "Services",
            (
                "Customers choose from what you offer.",
                "Add what can be booked, with its price, and tick the place where you offer it.",
            ),
            missing=None if has_services else Piece.SERVICE,
            link=Link("Look at services", SERVICES_PAGE) if has_services else Link("Add a service", SERVICE_ADD_PAGE),
        ),
    )
    return Step("services", 3, "Services", "What customers can book, where and when.", _status(cards), cards)


def _customers_step(customers: int) -> Step:
    card = _card(
        "customers",
        "Your customer list",
        (
            "They are here. You can bring in more at any time.",
            "Bring in your list, CSV or Excel. You see each row before anything is kept.",
        ),
        missing=None if customers else Piece.CUSTOMERS,
        link=Link("See customers", CUSTOMERS_PAGE) if customers else Link("Import customers", IMPORT_PAGE),
        value=f"{customers:,} customer{'s' * (customers != 1)}" if customers else "",
    )
    return Step("customers", 4, "Customers", "The people you already serve.", _status((card,)), (card,))


def _campaign_step(facts: CampaignFacts) -> Step:
    title, about = "First campaign", "The first message to your customers. Nobody is written to before you start it."
    drafts = tuple(CAMPAIGN_PAGES[kind] for kind in CAMPAIGN_PAGES if kind in facts.drafts)
    if facts.has_started:
        status, says, links = StepStatus.COMPLETE, "You have sent your first campaign.", tuple(CAMPAIGN_PAGES.values())[:2]
    elif drafts:
        status, says, links = StepStatus.PARTIALLY_CONFIGURED, "A campaign is prepared, and nobody was written to yet.", drafts
    else:
        status, says, links = StepStatus.NOT_STARTED, "Invite the people of your list, or write to those who agreed.", NEW_CAMPAIGNS
    missing = () if facts.has_started else (Piece.FIRST_CAMPAIGN,)
    return Step("campaign", 5, title, about, status, (Card("campaign", "Your first message", (says,), links, missing),))
