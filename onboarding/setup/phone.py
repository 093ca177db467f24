"""Step 2, Phone & SMS Setup: what is said of a number, of its calls, and of the registration with the carriers."""

from onboarding.setup.types import Card, Link, PhoneFacts, Piece, Step, StepStatus

A2P_PAGE = Link("Go to A2P registration", "/settings/a2p/")
IVR_PAGE = Link("Go to IVR Config", "/admin/ivr-config/")
NUMBERS_PAGE = Link("Request a number", "/admin/ivr-config/#numbers")
ASKED_PAGE = Link("See your request", "/admin/ivr-config/#numbers")
ATTACH_PAGE = Link("Put it into your registration", "/setup-wizard/phone/#line")
MANAGED = "Phone provisioning is currently managed for you. We’ll notify you once your line is ready."
# The words for each state of a registration; refused ones say the last error beside them.
A2P_WORDS: dict[str, str] = {
    "DRAFT": "Fill out your campaign info on the A2P page.",
    "READY_TO_SUBMIT": "Looks good! Submit now from the A2P page to unlock high-volume SMS.",
    "SUBMITTED": "Your campaign is under review. Carriers review this by hand. We check for you and tell you.",
    "APPROVED": "✅ You’re fully registered for A2P 10DLC.",
    "REJECTED": "The carriers refused your campaign. Fix what they named on the A2P page, then resubmit.",
    "ERROR": "Your campaign did not get through to the carriers. Look at the A2P page, then resubmit.",
}
APPROVED, REFUSED, ON_ITS_WAY = "APPROVED", ("REJECTED", "ERROR"), ("SUBMITTED", "APPROVED")
RINGS_HERE = "This holds for numbers whose calls are sent here: the IVR page shows which."
_ROUTING = {
    "ivr": ("IVR menu", "Callers hear your menu and choose with a key."),
    "voicemail": ("Voicemail", "Callers reach your voicemail."),
    "forward": ("Direct forward", "Callers are put through to your own phone."),
    "": ("Not decided yet", "Until you choose, callers reach the voicemail."),
}


def phone_step(facts: PhoneFacts) -> Step:
    """Return step 2: complete with a number, a messaging service and an approved registration, otherwise partially configured.

    Where no text goes to the US, neither registration nor messaging service is asked for.
    """
    cards = (_line_card(facts), _routing_card(facts), _registration_card(facts))
    is_complete = not any(card.missing for card in cards)
    return Step(
        "phone",
        2,
        "Phone & SMS Setup",
        "The number your customers see, who answers it, and the registration that US carriers ask for.",
        StepStatus.COMPLETE if is_complete else StepStatus.PARTIALLY_CONFIGURED,
        cards,
    )


def _line_card(facts: PhoneFacts) -> Card:
    missing = () if facts.has_phone_number else (Piece.PHONE_NUMBER,)
    lacks_service = facts.needs_registration and not facts.has_messaging_service
    return Card(
        "line",
        "Business Line & SMS Number",
        line_words(facts),
        _line_links(facts, lacks_service=lacks_service),
        missing + ((Piece.MESSAGING_SERVICE,) if lacks_service else ()),
        value=facts.phone_number or "",
        offers=facts.attachable if lacks_service else (),
    )


def _line_links(facts: PhoneFacts, *, lacks_service: bool) -> tuple[Link, ...]:
    if not facts.has_phone_number:
        return (ASKED_PAGE if facts.is_number_asked_for else NUMBERS_PAGE,)
    if not lacks_service:
        return ()
    return (ATTACH_PAGE,) if facts.attachable else (A2P_PAGE,)


def line_words(facts: PhoneFacts) -> tuple[str, ...]:
    """Say where the number and its messaging service stand."""
    service = facts.messaging_service_sid or "without a name"
    if not facts.has_phone_number:
        asked = ("You asked for a number: we are on it.",) if facts.is_number_asked_for else ()
        beside = (f"A messaging service is there ({service}), but no number is in it yet.",) if facts.has_messaging_service else ()
        return (MANAGED, *asked, *beside)
    if facts.has_messaging_service:
        return (f"Your texts leave from this number, linked to messaging service {service}.",)
    if not facts.needs_registration:
        return ("Your texts leave from this number.",)
    if len(facts.attachable) > 1:
        among = f"{facts.numbers_total} {'is' if facts.numbers_total == 1 else 'are'}"
        left = f"Of your {len(facts.attachable)} numbers, {among} in the messaging service of your registration:"
        return (f"{left} the others stay where they are until you say so.",)
    if facts.a2p_status in ON_ITS_WAY or facts.attachable:
        return ("This number is not in the messaging service of your registration: it stays where it is until you say so.",)
    return ("No messaging service is linked to this number yet. One is made when you submit your registration.",)


def _routing_card(facts: PhoneFacts) -> Card:
    name, words = _ROUTING.get(facts.routing_mode, (facts.routing_mode, "The page of your calls says more."))
    # Where a number's calls go is known to the provider alone, and not asked for each time somebody looks at this page.
    where = RINGS_HERE if facts.has_phone_number else "It counts from the day your line is ready. You can prepare it now."
    return Card("routing", "Inbound Routing & IVR", (words, where), (IVR_PAGE,), value=name)


def _registration_card(facts: PhoneFacts) -> Card:
    is_missing = facts.needs_registration and facts.a2p_status != APPROVED
    return Card(
        "registration",
        "A2P Registration Status",
        registration_words(facts),
        (A2P_PAGE,),
        (Piece.A2P_APPROVAL,) if is_missing else (),
        chip=facts.a2p_label,
        problem=facts.a2p_error if facts.a2p_status in REFUSED else "",
    )


def registration_words(facts: PhoneFacts) -> tuple[str, ...]:
    """Say where the registration stands and what that means for texts; a state nobody knows is shown as it is."""
    status = facts.a2p_status
    if status is None and not facts.needs_registration:
        return ("Only texts to US numbers need this. You can begin whenever you want to write to some.",)
    unknown = f"Twilio calls its state “{status}”. The A2P page says more."
    words = A2P_WORDS["DRAFT"] if status is None else A2P_WORDS.get(status, unknown)
    return (words, *_consequence(facts))


def _consequence(facts: PhoneFacts) -> tuple[str, ...]:
    """Say what the carriers know of the numbers, or that texts wait."""
    if facts.a2p_status == APPROVED:
        waiting = facts.numbers_total - facts.numbers_known
        if not facts.numbers_total:
            return ("No number is in it yet, so no text leaves under it.",)
        return (f"{facts.numbers_known} of {facts.numbers_total} numbers are known to the carriers so far.",) if waiting > 0 else ()
    return ("Until it is approved, no text is sent to US numbers.",) if facts.is_us_texting_closed else ()
