"""The account's addresses and phone numbers."""

import pytest
from twilio.base.exceptions import TwilioRestException

from tests.simulator.compliance import ADDRESS

OWN = "+15125550100"


@pytest.fixture
def own(twilio, server):
    """A number of the account, which the set-up gave it."""
    server.control("POST", "numbers", {"number": OWN, "inboundUrl": "http://127.0.0.1:1/in", "serviceSid": ""})
    (found,) = twilio.incoming_phone_numbers.list(phone_number=OWN)
    return found


def refusal(action):
    with pytest.raises(TwilioRestException) as refused:
        action()
    return refused.value.status, refused.value.code


def test_an_address_is_made_found_corrected_and_removed(twilio):
    made = twilio.addresses.create(**ADDRESS, friendly_name="luna")
    assert (made.sid[:2], made.street, made.street_secondary, made.date_created is not None) == ("AD", "1 Congress Ave", None, True)
    assert [row.sid for row in twilio.addresses.list(friendly_name="luna")] == [made.sid]
    assert twilio.addresses(made.sid).update(street="2 Congress Ave").city == "Austin"
    assert twilio.addresses(made.sid).fetch().street == "2 Congress Ave"
    assert twilio.addresses(made.sid).delete() and twilio.addresses.list() == []


def test_an_address_that_does_not_exist_is_refused(twilio):
    assert refusal(lambda: twilio.addresses.create(**ADDRESS | {"postal_code": "7870"})) == (400, 21628)
    assert refusal(lambda: twilio.addresses.create(**ADDRESS | {"street": ""})) == (400, 20001)
    assert refusal(twilio.addresses("AD" + "0" * 32).fetch) == (404, 20404)


def test_a_number_of_the_set_up_is_the_accounts(own, twilio):
    assert (own.phone_number, own.sms_url, own.capabilities["sms"], own.status) == (OWN, "http://127.0.0.1:1/in", True, "in-use")
    assert twilio.incoming_phone_numbers(own.sid).fetch().sid == own.sid


def test_whatsapp_senders_are_no_numbers(own, twilio, server):
    server.control("POST", "numbers", {"number": "whatsapp:+14155238886", "inboundUrl": "http://127.0.0.1:1/in"})
    assert {row.phone_number for row in twilio.incoming_phone_numbers.list()} >= {OWN}
    assert not any(row.phone_number.startswith("whatsapp") for row in twilio.incoming_phone_numbers.list())


def test_a_numbers_addresses_are_changed_and_its_texts_go_there(own, twilio, server, doors):
    changed = own.update(sms_url=doors.url("/new"), voice_url=doors.url("/voice"), friendly_name="Front desk")
    assert (changed.friendly_name, changed.voice_url, changed.voice_method) == ("Front desk", doors.url("/voice"), "POST")
    server.control("POST", "inbound", {"from": "+15125550142", "to": OWN, "body": "Hi"})
    assert doors.wait(1, "/new")[0].form["Body"] == "Hi"
    assert refusal(lambda: own.update(voice_url="nowhere")) == (400, 21402)


def test_to_say_a_number_again_takes_it_out_of_no_service(own, twilio, server):
    service = twilio.messaging.v1.services.create(friendly_name="luna")
    twilio.messaging.v1.services(service.sid).phone_numbers.create(phone_number_sid=own.sid)
    server.control("POST", "numbers", {"number": OWN, "inboundUrl": "http://127.0.0.1:1/again"})
    assert [row.sid for row in twilio.messaging.v1.services(service.sid).phone_numbers.list()] == [own.sid]


def test_a_number_is_chosen_and_bought_once(twilio, server):
    free = twilio.available_phone_numbers("US").local.list(area_code="361", sms_enabled=True, limit=3)
    assert len(free) == 3 and all(row.phone_number.startswith("+1361555") for row in free)
    bought = twilio.incoming_phone_numbers.create(phone_number=free[0].phone_number, sms_url="https://luna.example/in")
    assert bought.sid[:2] == "PN" and twilio.incoming_phone_numbers.list(phone_number=bought.phone_number)[0].sid == bought.sid
    assert refusal(lambda: twilio.incoming_phone_numbers.create(phone_number=bought.phone_number)) == (400, 21422)
    assert twilio.available_phone_numbers("US").local.list(area_code="361", limit=1)[0].phone_number != bought.phone_number
    another = twilio.incoming_phone_numbers.create(area_code="361")
    assert another.sid != bought.sid
    assert twilio.incoming_phone_numbers(another.sid).delete()
    server.reset()
    assert twilio.incoming_phone_numbers.list(phone_number=bought.phone_number) == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"phone_number": "+15005550000"}, 21422), ({"phone_number": "+15005550001"}, 21421), ({"phone_number": "5125550100"}, 21421),
     ({"area_code": "533"}, 21452), ({"area_code": "1"}, 20001), ({}, 20001)],
)  # fmt: skip
def test_a_number_that_cannot_be_bought(twilio, fields, code):
    assert refusal(lambda: twilio.incoming_phone_numbers.create(**fields)) == (400, code)


def test_many_numbers_come_page_by_page(twilio, server):
    for index in range(5):
        server.control("POST", "numbers", {"number": f"+1915555014{index}", "inboundUrl": ""})
    found = twilio.incoming_phone_numbers.list(phone_number="+1915555014", page_size=2)
    assert [row.phone_number for row in found] == [f"+1915555014{index}" for index in range(5)]
