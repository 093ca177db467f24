"""Step 2 of the wizard for every combination of number, messaging service and registration."""

import itertools

import pytest

from onboarding.setup.phone import MANAGED, phone_step
from onboarding.setup.types import Card, PhoneFacts, Piece, Step, StepStatus

PHONE, SERVICE = "+15125550100", "MG" + "5" * 32
STATES = (None, "DRAFT", "READY_TO_SUBMIT", "SUBMITTED", "APPROVED", "REJECTED", "ERROR")
EVERY = list(itertools.product((False, True), (False, True), STATES))
LAST_ERROR = "The description is too short. Say what you text and to whom."
LINKED = f"Your texts leave from this number, linked to messaging service {SERVICE}."
UNUSED = f"A messaging service is there ({SERVICE}), but no number is in it yet."
WILL_BE_MADE = "No messaging service is linked to this number yet. One is made when you submit your registration."
LEFT_OUT = "This number is not in the messaging service of your registration: it stays where it is until you say so."
WAITS = "Until it is approved, no text is sent to US numbers."
# What stands on the first card: by (number, messaging service), and where a number lacks the service also by the registration.
LINE = {(False, False): (MANAGED,), (False, True): (MANAGED, UNUSED), (True, True): (LINKED,)}
REGISTRATION = {
    None: ("Fill out your campaign info on the A2P page.", WAITS),
    "DRAFT": ("Fill out your campaign info on the A2P page.", WAITS),
    "READY_TO_SUBMIT": ("Looks good! Submit now from the A2P page to unlock high-volume SMS.", WAITS),
    "SUBMITTED": ("Your campaign is under review. Carriers review this by hand. We check for you and tell you.", WAITS),
    "APPROVED": ("✅ You’re fully registered for A2P 10DLC.",),
    "REJECTED": ("The carriers refused your campaign. Fix what they named on the A2P page, then resubmit.", WAITS),
    "ERROR": ("Your campaign did not get through to the carriers. Look at the A2P page, then resubmit.", WAITS),
}


def facts(has_number: bool = True, has_service: bool = True, status: str | None = "APPROVED", **more: object) -> PhoneFacts:
    return PhoneFacts(
        has_phone_number=has_number,
        phone_number=PHONE if has_number else None,
        has_messaging_service=has_service,
        messaging_service_sid=SERVICE if has_service else None,
        a2p_status=status,
        **{"a2p_error": LAST_ERROR, "numbers_total": 1, "numbers_known": 1, "is_us_texting_closed": status != "APPROVED"} | more,
    )


def cards(step: Step) -> dict[str, Card]:
    return {card.key: card for card in step.cards}


@pytest.mark.parametrize(("has_number", "has_service", "status"), EVERY)
def test_every_combination_has_its_hints(has_number, has_service, status):
    shown = cards(phone_step(facts(has_number, has_service, status)))
    lacking_service = (LEFT_OUT if status in ("SUBMITTED", "APPROVED") else WILL_BE_MADE,)
    assert shown["line"].says == LINE.get((has_number, has_service), lacking_service)
    assert shown["line"].value == (PHONE if has_number else "")
    assert shown["registration"].says == REGISTRATION[status]
    assert shown["registration"].problem == (LAST_ERROR if status in ("REJECTED", "ERROR") else "")


@pytest.mark.parametrize(("has_number", "has_service", "status"), EVERY)
def test_every_combination_names_what_is_missing_and_is_complete_only_without(has_number, has_service, status):
    step = phone_step(facts(has_number, has_service, status))
    wanted = [(has_number, Piece.PHONE_NUMBER), (has_service, Piece.MESSAGING_SERVICE), (status == "APPROVED", Piece.A2P_APPROVAL)]
    assert step.missing == tuple(piece for is_there, piece in wanted if not is_there)
    assert step.status == (StepStatus.PARTIALLY_CONFIGURED if step.missing else StepStatus.COMPLETE)
    assert step.status.label == ("Partially configured" if step.missing else "Complete")


@pytest.mark.parametrize(("has_number", "has_service", "status"), EVERY)
def test_every_missing_piece_that_the_owner_can_add_has_its_page(has_number, has_service, status):
    shown = cards(phone_step(facts(has_number, has_service, status)))
    assert [link.url for link in shown["registration"].links] == ["/settings/a2p/"]
    assert [link.url for link in shown["routing"].links] == ["/admin/ivr-config/"]
    lacking = ["/settings/a2p/"] if not has_service else []
    assert [link.url for link in shown["line"].links] == (lacking if has_number else ["/admin/ivr-config/#numbers"])


@pytest.mark.parametrize(
    ("mode", "name"), [("ivr", "IVR menu"), ("voicemail", "Voicemail"), ("forward", "Direct forward"), ("", "Not decided yet")]
)
def test_who_answers_calls_is_said(mode, name):
    card = cards(phone_step(facts(routing_mode=mode)))["routing"]
    assert card.value == name and card.missing == () and card.says


def test_a_number_that_can_be_put_in_is_offered_where_that_is_done():
    line = cards(phone_step(facts(True, False, "REJECTED", attachable=(PHONE,))))["line"]
    assert (line.says, line.offers, line.links[0].url) == ((LEFT_OUT,), (PHONE,), "/setup-wizard/phone/#line")


def test_whoever_asked_for_a_number_is_not_told_to_ask_again():
    line = cards(phone_step(facts(False, False, is_number_asked_for=True)))["line"]
    assert line.says == (MANAGED, "You asked for a number: we are on it.") and line.links[0].label == "See your request"


def test_approved_is_not_called_usable_before_the_carriers_know_the_numbers():
    registered = cards(phone_step(facts(numbers_total=3, numbers_known=1)))["registration"]
    assert registered.says[1:] == ("1 of 3 numbers are known to the carriers so far.",)
    empty = cards(phone_step(facts(numbers_total=0, numbers_known=0)))["registration"]
    assert empty.says[1:] == ("No number is in it yet, so no text leaves under it.",)


def test_nobody_is_told_that_texts_wait_where_they_do_not():
    assert WAITS not in cards(phone_step(facts(status="DRAFT", is_us_texting_closed=False)))["registration"].says


def test_a_state_never_seen_is_shown_and_not_taken_for_approved():
    step = phone_step(facts(status="ON_HOLD"))
    assert "ON_HOLD" in cards(step)["registration"].says[0] and step.missing == (Piece.A2P_APPROVAL,)


def test_a_business_that_texts_nobody_in_the_us_needs_no_registration():
    step = phone_step(facts(has_service=False, status=None, needs_registration=False))
    assert step.missing == () and step.status is StepStatus.COMPLETE
    assert phone_step(facts(False, False, None, needs_registration=False)).missing == (Piece.PHONE_NUMBER,)
