"""Campaigns and their messaging services: what is refused at once, what reviewers refuse, and what may be corrected how."""

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException

from tests.simulator.compliance import CAMPAIGN, Registration

CONSTANT = "QE2c6890da8086d771620e9b13fadeba0b"
OWN, AMERICAN = "+15125550100", "+15125550142"
EDITED = (
    "description", "message_flow", "message_samples", "has_embedded_links", "has_embedded_phone", "privacy_policy_url",
    "terms_and_conditions_url",
)  # fmt: skip


@pytest.fixture
def registration(twilio) -> Registration:
    """A business with an approved brand and a messaging service."""
    made = Registration(twilio)
    made.register_brand()
    made.make_service()
    return made


@pytest.fixture
def number(server):
    """The account's number."""
    server.control("POST", "numbers", {"number": OWN, "inboundUrl": "http://127.0.0.1:1/own", "serviceSid": ""})
    return OWN


def refusal(action):
    with pytest.raises(TwilioRestException) as refused:
        action()
    return refused.value.status, refused.value.code


def corrected(registration, **fields):
    """Edit the campaign in place as the API wants it: with every field that can be edited."""
    given = {name: CAMPAIGN[name] for name in EDITED} | {"age_gated": False, "direct_lending": False} | fields
    return registration.campaigns(CONSTANT).update(**given)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"description": ""}, 21727),
        ({"message_flow": ""}, 21727),
        ({"message_samples": ["Luna Salon: one sample alone is too few."]}, 21727),
        ({"description": "x" * 39}, 21728),
        ({"description": "x" * 4097}, 21728),
        ({"message_flow": "x" * 2049}, 21728),
        ({"message_samples": ["x" * 1025, "x" * 30]}, 21728),
        ({"message_samples": ["x" * 30] * 6}, 21728),
        ({"help_message": "short"}, 21728),
        ({"opt_in_keywords": ["GO GO"]}, 21728),
        ({"opt_out_keywords": ["X" * 256]}, 21728),
        ({"us_app_to_person_usecase": "GREETINGS"}, 21720),
        ({"us_app_to_person_usecase": "SOLE_PROPRIETOR"}, 21719),
        ({"brand_registration_sid": "BN" + "0" * 32}, 21717),
    ],
)
def test_what_is_refused_at_once_makes_no_campaign(registration, fields, code):
    assert refusal(lambda: registration.submit_campaign(**fields)) == (400, code)
    assert registration.campaigns.list() == []


def test_a_brand_that_is_not_approved_has_no_campaign(registration, server):
    server.control("POST", "registrations/decide", {"sid": registration.brand, "status": "IN_REVIEW"})
    assert refusal(registration.submit_campaign) == (400, 21717)


def test_longest_and_most_are_taken(registration):
    fields = {"description": "x" * 4096, "message_flow": "x" * 2048, "message_samples": ["x" * 1024] * 5, "opt_in_keywords": ["JOIN", "GO"]}
    made = registration.submit_campaign(**fields)
    assert (len(made.message_samples), made.opt_in_keywords, made.help_keywords) == (5, ["JOIN", "GO"], ["HELP"])


def test_all_campaigns_have_the_same_id_and_a_service_has_one(registration, twilio):
    first = registration.submit_campaign()
    assert refusal(registration.submit_campaign) == (422, 20422)
    registration.make_service(friendly_name="another")
    second = registration.submit_campaign()
    assert first.sid == second.sid == CONSTANT and first.messaging_service_sid != second.messaging_service_sid


def test_a_brand_has_five_campaigns_at_most(registration):
    for index in range(5):
        registration.make_service(friendly_name=f"service {index}")
        registration.submit_campaign()
    registration.make_service(friendly_name="one more")
    assert refusal(registration.submit_campaign) == (400, 30930)


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"privacy_policy_url": None, "terms_and_conditions_url": None}, [(30882, ["TERMS_AND_CONDITIONS_URL"]), (30908, ["PRIVACY_POLICY_URL"])]),
        ({"description": CAMPAIGN["description"] + " reject-30896"}, [(30896, ["MESSAGE_FLOW"])]),
        ({"message_flow": CAMPAIGN["message_flow"] + " reject-30886:USE_CASE"}, [(30886, ["USE_CASE"])]),
        ({"help_message": "Luna Salon: reject-30532 is unknown."}, [(30532, [])]),
    ],
)  # fmt: skip
def test_reviewers_refuse_by_content(registration, fields, errors):
    assert registration.submit_campaign(**fields).campaign_status == "IN_PROGRESS"
    failed = registration.campaign()
    assert (failed.campaign_status, failed.campaign_id) == ("FAILED", None)
    assert [(row["error_code"], row["fields"]) for row in failed.errors] == errors


@pytest.mark.parametrize(
    ("words", "status", "codes"),
    [("pending-with-30886", "PENDING", [30886]), ("review-suspended", "SUSPENDED", []), ("status-ON_THE_MOON", "ON_THE_MOON", []),
     ("slow-review", "IN_PROGRESS", []), ("approve-with-30893", "VERIFIED", [30893])],
)  # fmt: skip
def test_reviews_that_end_otherwise(registration, words, status, codes):
    registration.submit_campaign(description=f"{CAMPAIGN['description']} {words}")
    found = registration.campaign()
    assert (found.campaign_status, [row["error_code"] for row in found.errors]) == (status, codes)


def test_a_review_takes_weeks_where_it_is_told_so_and_a_restart_would_not_hurry_it(registration, server):
    server.control("POST", "registrations", {"campaignSeconds": 15 * 86_400})
    registration.submit_campaign()
    server.control("POST", "registrations/advance", {"seconds": 14 * 86_400})
    assert registration.campaign().campaign_status == "IN_PROGRESS"
    server.control("POST", "registrations/advance", {"seconds": 86_401})
    assert registration.campaign().campaign_status == "VERIFIED"


def test_a_failed_campaign_is_edited_in_place_with_every_field(registration):
    registration.submit_campaign(description=f"{CAMPAIGN['description']} reject-30886")
    assert registration.campaign().campaign_status == "FAILED"
    assert refusal(lambda: corrected(registration, message_flow="")) == (400, 21727)
    assert corrected(registration).campaign_status == "IN_PROGRESS"
    assert (registration.campaign().campaign_status, registration.campaign().errors) == ("VERIFIED", [])
    assert refusal(lambda: corrected(registration)) == (400, 20001)


def test_editing_is_refused_where_it_is_a_private_beta(registration, server):
    server.control("POST", "registrations", {"edits": "beta"})
    registration.submit_campaign(description=f"{CAMPAIGN['description']} reject-30886")
    assert refusal(lambda: corrected(registration)) == (403, 20403)
    assert registration.campaign().campaign_status == "FAILED"


def test_a_suspended_campaign_is_not_edited(registration):
    registration.submit_campaign(description=f"{CAMPAIGN['description']} review-suspended")
    assert registration.campaign().campaign_status == "SUSPENDED"
    assert refusal(lambda: corrected(registration)) == (400, 21729)


def test_after_a_deletion_the_service_is_free_a_little_later(registration, server):
    server.control("POST", "registrations", {"cooldownSeconds": 30})
    registration.submit_campaign()
    assert registration.campaigns(CONSTANT).delete() and registration.campaigns.list() == []
    assert refusal(registration.submit_campaign) == (422, 20422)
    server.control("POST", "registrations/advance", {"seconds": 31})
    assert registration.submit_campaign().campaign_status == "IN_PROGRESS"


def test_the_pages_are_shown_to_the_newer_version_alone(registration):
    registration.submit_campaign()
    assert registration.campaign().privacy_policy_url == "https://luna.example/privacy"
    assert registration.campaign("v1.0").privacy_policy_url is None
    fetched = registration.campaigns(CONSTANT).fetch(x_twilio_api_version="v1.2")
    assert fetched.terms_and_conditions_url == "https://luna.example/terms"


def test_the_use_cases_are_those_of_the_brand(registration):
    rows = registration.twilio.messaging.v1.services(registration.service).us_app_to_person_usecases.fetch(
        brand_registration_sid=registration.brand
    )
    codes = {row["code"] for row in rows.us_app_to_person_usecases}
    assert {"LOW_VOLUME", "MIXED", "2FA"} <= codes and "SOLE_PROPRIETOR" not in codes


def test_a_number_belongs_to_one_service(registration, twilio, number):
    (own,) = twilio.incoming_phone_numbers.list(phone_number=number)
    senders = twilio.messaging.v1.services(registration.service).phone_numbers
    made = senders.create(phone_number_sid=own.sid)
    assert (made.phone_number, made.capabilities) == (number, ["MMS", "SMS", "Voice"])
    assert refusal(lambda: senders.create(phone_number_sid=own.sid)) == (409, 21710)
    first = registration.service
    registration.make_service(friendly_name="another")
    others = twilio.messaging.v1.services(registration.service).phone_numbers
    assert refusal(lambda: others.create(phone_number_sid=own.sid)) == (409, 21712)
    assert refusal(lambda: others.create(phone_number_sid="PN" + "0" * 32)) == (404, 20404)
    assert twilio.messaging.v1.services(first).phone_numbers(own.sid).delete()
    assert others.create(phone_number_sid=own.sid).service_sid == registration.service and senders.list() == []


def test_a_service_takes_so_many_numbers_that_can_text(registration, twilio, server, number):
    senders = twilio.messaging.v1.services(registration.service).phone_numbers
    server.control("POST", "numbers", {"number": "+15125550199", "inboundUrl": "http://127.0.0.1:1/"})
    (mute,) = twilio.incoming_phone_numbers.list(phone_number="+15125550199")
    assert refusal(lambda: senders.create(phone_number_sid=mute.sid)) == (400, 21715)
    server.control("POST", "registrations", {"serviceNumbers": 0})
    (own,) = twilio.incoming_phone_numbers.list(phone_number=number)
    assert refusal(lambda: senders.create(phone_number_sid=own.sid)) == (400, 21714)


def test_a_text_to_a_services_number_goes_where_the_service_says(registration, twilio, server, number, doors):
    (own,) = twilio.incoming_phone_numbers.list(phone_number=number)
    service = twilio.messaging.v1.services(registration.service)
    service.phone_numbers.create(phone_number_sid=own.sid)
    service.update(inbound_request_url=doors.url("/service"))
    own.update(sms_url=doors.url("/number"))
    say = {"from": AMERICAN, "to": number, "body": "Hi"}
    server.control("POST", "inbound", say)
    assert doors.wait(1, "/service")[0].form["MessagingServiceSid"] == registration.service and not doors.at("/number")
    service.update(use_inbound_webhook_on_number=True)
    server.control("POST", "inbound", say)
    assert len(doors.wait(1, "/number")) == 1
    service.update(use_inbound_webhook_on_number=False, inbound_request_url="")
    server.control("POST", "inbound", say)
    assert len(doors.calls) == 2


def test_carriers_want_a_verified_campaign_and_some_time(registration, twilio, server, number, eventually):
    server.control("POST", "registrations", {"carriers": "strict", "numberSeconds": 86_400})

    def end():
        sent = twilio.messages.create(to=AMERICAN, messaging_service_sid=registration.service, body="Hello")
        ended = eventually(lambda: twilio.messages(sent.sid).fetch(), lambda text: text.status in ("delivered", "undelivered"))
        return ended.status, ended.error_code

    (own,) = twilio.incoming_phone_numbers.list(phone_number=number)
    twilio.messaging.v1.services(registration.service).phone_numbers.create(phone_number_sid=own.sid)
    assert end() == ("undelivered", 30034)
    registration.submit_campaign()
    assert registration.campaign().campaign_status == "VERIFIED" and end() == ("undelivered", 30035)
    server.control("POST", "registrations/advance", {"seconds": 86_400})
    assert end() == ("delivered", None)
    (case, *_rest) = server.control("GET", "registrations")
    assert (case["kind"], case["numbers"]) == ("campaign", {number: True})


def test_a_service_without_a_number_sends_nothing(registration, twilio):
    send = {"to": AMERICAN, "messaging_service_sid": registration.service, "body": "Hello"}
    assert refusal(lambda: twilio.messages.create(**send)) == (400, 21703)


def test_services_are_listed_changed_and_deleted_and_strangers_are_not_there(registration, twilio, server, number):
    server.control("POST", "numbers", {"number": "+15125550155", "inboundUrl": "http://127.0.0.1:1/", "serviceSid": "MG" + "c" * 32})
    sids = [row.sid for row in twilio.messaging.v1.services.list()]
    assert sids[0] == registration.service and "MG" + "c" * 32 in sids
    assert twilio.messaging.v1.services("MG" + "c" * 32).phone_numbers.list()[0].phone_number == "+15125550155"
    assert refusal(lambda: twilio.messaging.v1.services.create(friendly_name="x" * 65)) == (400, 20001)
    assert twilio.messaging.v1.services(registration.service).delete()
    assert refusal(twilio.messaging.v1.services(registration.service).fetch) == (404, 20404)
    with pytest.raises(TwilioException):
        registration.campaigns.list()
