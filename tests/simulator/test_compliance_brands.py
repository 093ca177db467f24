"""Brands: approved, refused, corrected three times at most, suspended, and not usable before the person is known."""

import pytest
from twilio.base.exceptions import TwilioRestException

from servicepro.simulator.compliance_review import OTP_NUMBER
from tests.simulator.compliance import ALONE_POLICY, BUSINESS, PRIMARY, STARTER_POLICY, Registration

PERSON = "+15125550177"


def named(twilio, name, **fields):
    return Registration(twilio, BUSINESS | {"business_name": f"Luna {name} LLC"} | fields)


@pytest.fixture
def registration(twilio) -> Registration:
    """A business that has registered nothing yet."""
    return Registration(twilio)


def refusal(action):
    with pytest.raises(TwilioRestException) as refused:
        action()
    return refused.value.status, refused.value.code


def alone(twilio) -> Registration:
    """Return a sole proprietor with profile and product submitted."""
    made, hub = Registration(twilio), twilio.trusthub.v1
    who = {"first_name": "Ana", "last_name": "Reyes", "email": "ana@luna.example", "phone_number": PERSON}
    made.profile = hub.customer_profiles.create(friendly_name="p", email="us@platform.example", policy_sid=STARTER_POLICY).sid
    made.product = hub.trust_products.create(friendly_name="t", email="us@platform.example", policy_sid=ALONE_POLICY).sid
    user = hub.end_users.create(friendly_name="u", type="starter_customer_profile_information", attributes=who)
    address = twilio.addresses.create(
        customer_name="Ana Reyes", street="1 Congress Ave", city="Austin", region="TX", postal_code="78701", iso_country="US"
    )
    document = hub.supporting_documents.create(friendly_name="d", type="customer_profile_address", attributes={"address_sids": address.sid})
    about = {"brand_name": "Ana's Nails", "mobile_phone_number": PERSON, "vertical": "PROFESSIONAL"}
    owner = hub.end_users.create(friendly_name="s", type="sole_proprietor_information", attributes=about)
    for sid in (user.sid, document.sid, PRIMARY):
        hub.customer_profiles(made.profile).customer_profiles_entity_assignments.create(object_sid=sid)
    for sid in (owner.sid, made.profile):
        hub.trust_products(made.product).trust_products_entity_assignments.create(object_sid=sid)
    hub.customer_profiles(made.profile).update(status="pending-review")
    hub.trust_products(made.product).update(status="pending-review")
    return made


def test_a_brand_waits_as_long_as_the_registry_takes(registration, server):
    server.control("POST", "registrations", {"brandSeconds": 600})
    registration.register_brand()
    assert registration.brand_now().status == "PENDING"
    server.control("POST", "registrations/advance", {"seconds": 599})
    assert registration.brand_now().status == "PENDING"
    server.control("POST", "registrations/advance", {"seconds": 2})
    assert registration.brand_now().status == "APPROVED"


def test_a_brand_is_refused_with_codes_and_fields_and_approved_once_corrected(twilio):
    registration = named(twilio, "Salon", business_registration_number="12-34567")
    registration.register_brand()
    failed = registration.brand_now()
    assert failed.status == "FAILED" and [row["error_code"] for row in failed.errors] == [30795]
    assert failed.errors[0]["fields"] == ["TAX_ID"] and failed.identity_status is None
    twilio.trusthub.v1.end_users(registration.business_user).update(attributes=BUSINESS)
    again = twilio.messaging.v1.brand_registrations(registration.brand).update()
    assert (again.status, again.errors) == ("PENDING", [])
    assert registration.brand_now().status == "APPROVED"


def test_a_brand_is_updated_three_times_at_most(twilio):
    registration = named(twilio, "reject-30799")
    registration.register_brand()
    brand = twilio.messaging.v1.brand_registrations(registration.brand)
    for _time in range(3):
        assert registration.brand_now().status == "FAILED"
        brand.update()
    assert registration.brand_now().status == "FAILED"
    assert refusal(brand.update) == (400, 21724)


def test_only_a_failed_brand_is_updated_and_a_suspended_never(registration, twilio, server):
    registration.register_brand()
    brand = twilio.messaging.v1.brand_registrations(registration.brand)
    assert registration.brand_now().status == "APPROVED" and refusal(brand.update) == (400, 21725)
    server.control("POST", "registrations/decide", {"sid": registration.brand, "status": "SUSPENDED"})
    assert registration.brand_now().status == "SUSPENDED" and refusal(brand.update) == (400, 21731)


@pytest.mark.parametrize(
    ("words", "status", "identity", "codes"),
    [
        ("identity-unverified", "APPROVED", "UNVERIFIED", []),
        ("identity-self_declared", "APPROVED", "SELF_DECLARED", []),
        ("approve-with-30799", "APPROVED", "VERIFIED", [30799]),
        ("pending-with-30795", "PENDING", None, [30795]),
        ("review-suspended", "SUSPENDED", None, []),
        ("status-AWAITING_MOON", "AWAITING_MOON", None, []),
        ("slow-review", "PENDING", None, []),
        ("reject-30795 reject-30898:TAX_ID", "FAILED", None, [30795, 30898]),
    ],
)
def test_words_that_mean_something(twilio, server, words, status, identity, codes):
    registration = named(twilio, words)
    registration.register_brand()
    server.control("POST", "registrations/advance", {"seconds": 30 * 86_400})
    brand = registration.brand_now()
    assert (brand.status, brand.identity_status, [row["error_code"] for row in brand.errors]) == (status, identity, codes)


def test_a_slow_review_ends_by_hand(twilio, server):
    registration = named(twilio, "slow-review")
    registration.register_brand()
    server.control("POST", "registrations/decide", {"sid": registration.brand, "status": "FAILED", "code": 30799})
    assert [row["error_code"] for row in registration.brand_now().errors] == [30799]


def test_a_brand_needs_both_bundles_submitted(registration, twilio):
    registration.make_profile()
    registration.submit_product()
    assert refusal(registration.register_brand) == (400, 20001)
    registration.product = registration.profile
    assert refusal(registration.register_brand) == (400, 20001)
    assert twilio.messaging.v1.brand_registrations.list() == []


def test_a_mock_brand_has_mock_campaigns(registration):
    assert registration.register_brand(mock=True).mock is True
    assert registration.submit_campaign().mock is True


def test_a_second_request_makes_a_second_brand_and_the_list_pages(registration, twilio):
    registration.register_brand()
    registration.register_brand()
    registration.register_brand()
    assert len(twilio.messaging.v1.brand_registrations.list(page_size=2)) == 3


def test_a_sole_proprietor_is_usable_after_answering_the_text_and_has_one_number(twilio, server):
    registration = alone(twilio)
    registration.register_brand(brand_type="SOLE_PROPRIETOR")
    assert (registration.brand_now().status, registration.brand_now().identity_status) == ("APPROVED", "SELF_DECLARED")
    wish = {"us_app_to_person_usecase": "SOLE_PROPRIETOR"}
    assert refusal(lambda: registration.submit_campaign(**wish)) == (400, 21717)
    assert any(text["to"] == PERSON and "Reply YES" in text["body"] for text in server.control("GET", "messages")["texts"])
    twilio.messaging.v1.brand_registrations(registration.brand).brand_registration_otps.create()
    server.control("POST", "inbound", {"from": PERSON, "to": OTP_NUMBER, "body": " yes "})
    assert registration.brand_now().identity_status == "VERIFIED"
    assert refusal(lambda: registration.submit_campaign()) == (400, 21719)
    assert registration.submit_campaign(**wish).campaign_status == "IN_PROGRESS"
    for number in ("+15125550110", "+15125550111"):
        server.control("POST", "numbers", {"number": number, "inboundUrl": "http://127.0.0.1:1/in", "serviceSid": ""})
    (first, second) = (twilio.incoming_phone_numbers.list(phone_number=number)[0].sid for number in ("+15125550110", "+15125550111"))
    senders = twilio.messaging.v1.services(registration.service).phone_numbers
    assert senders.create(phone_number_sid=first).sid == first
    assert refusal(lambda: senders.create(phone_number_sid=second)) == (400, 21714)


def test_a_vetting_is_kept(registration, twilio):
    registration.register_brand()
    vettings = twilio.messaging.v1.brand_registrations(registration.brand).brand_vettings
    made = vettings.create(vetting_provider="campaign-verify", vetting_id="cv|1")
    assert (vettings(made.brand_vetting_sid).fetch().vetting_status, len(vettings.list())) == ("PENDING", 1)
