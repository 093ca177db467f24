"""Customer profiles and trust products: what they must hold, and what becomes of them."""

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException

from tests.simulator.compliance import A2P_POLICY, ALONE_POLICY, BUSINESS, PRIMARY, SECONDARY_POLICY, STARTER_POLICY, Registration


@pytest.fixture
def registration(twilio) -> Registration:
    """A business that has registered nothing yet."""
    return Registration(twilio)


def evaluated(twilio, profile, policy=SECONDARY_POLICY):
    return twilio.trusthub.v1.customer_profiles(profile).customer_profiles_evaluations.create(policy_sid=policy)


def failed(evaluation):
    """Return what did not pass: the type, its code, and the codes of its fields."""
    return {
        row["object_type"]: (row["error_code"], {field["object_field"]: field["error_code"] for field in row["invalid"]})
        for row in evaluation.results
        if not row["passed"]
    }


def test_the_platforms_own_profile_is_there_from_the_start(twilio):
    primary = twilio.trusthub.v1.customer_profiles(PRIMARY).fetch()
    assert (primary.status, primary.date_created is not None) == ("twilio-approved", True)


def test_a_complete_profile_is_compliant(registration, twilio):
    found = evaluated(twilio, registration.make_profile())
    assert (found.status, failed(found), found.customer_profile_sid) == ("compliant", {}, registration.profile)
    evaluations = twilio.trusthub.v1.customer_profiles(registration.profile).customer_profiles_evaluations
    assert [row.sid for row in evaluations.list()] == [found.sid] and evaluations(found.sid).fetch().status == "compliant"


def test_an_empty_profile_lacks_everything(twilio):
    made = twilio.trusthub.v1.customer_profiles.create(friendly_name="x", email="us@platform.example", policy_sid=SECONDARY_POLICY)
    assert failed(evaluated(twilio, made.sid)) == {
        "customer_profile_business_information": (22214, {}), "authorized_representative_1": (22214, {}),
        "customer_profile_address": (22216, {}), "primary_customer_profile": (22214, {}),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [("business_registration_number", ""), ("business_type", "Limited Liability Company"), ("business_industry", "BEAUTY"),
     ("website_url", "none"), ("business_identity", "us")],
)  # fmt: skip
def test_a_field_that_is_missing_or_unknown_is_named(twilio, name, value):
    profile = Registration(twilio, BUSINESS | {name: value}).make_profile()
    assert failed(evaluated(twilio, profile)) == {"customer_profile_business_information": (None, {name: 22215})}


def test_without_the_platforms_profile_it_is_refused(registration, twilio):
    profile = registration.make_profile(is_complete=False)
    assert failed(evaluated(twilio, profile)) == {"primary_customer_profile": (22214, {})}
    twilio.trusthub.v1.customer_profiles(profile).update(status="pending-review")
    refused = twilio.trusthub.v1.customer_profiles(profile).fetch()
    assert (refused.status, refused.errors) == ("twilio-rejected", [{"code": 22214}])
    twilio.trusthub.v1.customer_profiles(profile).customer_profiles_entity_assignments.create(object_sid=PRIMARY)
    twilio.trusthub.v1.customer_profiles(profile).update(status="pending-review")
    approved = twilio.trusthub.v1.customer_profiles(profile).fetch()
    assert (approved.status, approved.errors) == ("twilio-approved", None)


def test_a_profile_is_refused_by_its_words_and_approved_once_corrected(twilio):
    registration = Registration(twilio, BUSINESS | {"business_name": "reject-18601 LLC"})
    registration.submit_profile()
    profile = twilio.trusthub.v1.customer_profiles(registration.profile)
    assert (profile.fetch().status, profile.fetch().errors) == ("twilio-rejected", [{"code": 18601}])
    twilio.trusthub.v1.end_users(registration.business_user).update(attributes=BUSINESS)
    profile.update(status="pending-review")
    assert profile.fetch().status == "twilio-approved"


@pytest.mark.parametrize("attributes", [{}, {"address_sids": ["AD1"]}, {"address_sids": 7}, {"address_sids": "AD" + "0" * 32}])
def test_a_document_about_no_address_is_named(registration, twilio, attributes):
    hub = twilio.trusthub.v1
    document = hub.supporting_documents.create(friendly_name="x", type="customer_profile_address", attributes=attributes)
    profile = hub.customer_profiles.create(friendly_name="x", email="us@platform.example", policy_sid=SECONDARY_POLICY).sid
    hub.customer_profiles(profile).customer_profiles_entity_assignments.create(object_sid=document.sid)
    assert failed(evaluated(twilio, profile))["customer_profile_address"] == (22219, {})
    hub.customer_profiles(profile).update(status="pending-review")
    assert hub.customer_profiles(profile).fetch().status == "twilio-rejected"


def test_while_it_is_reviewed_nothing_is_added_and_nothing_deleted(registration, twilio, server):
    server.control("POST", "registrations", {"profileSeconds": 3600})
    registration.submit_profile()
    profile = twilio.trusthub.v1.customer_profiles(registration.profile)
    assert profile.fetch().status == "in-review"
    user = twilio.trusthub.v1.end_users.create(friendly_name="x", type="authorized_representative_2", attributes={})
    for action in (
        lambda: profile.customer_profiles_entity_assignments.create(object_sid=user.sid),
        profile.delete,
        twilio.trusthub.v1.end_users(registration.business_user).delete,
        lambda: profile.update(status="twilio-approved"),
    ):
        with pytest.raises(TwilioRestException) as refused:
            action()
        assert refused.value.status == 400
    server.control("POST", "registrations/advance", {"seconds": 3600})
    assert profile.fetch().status == "twilio-approved"


def test_what_was_assigned_is_listed_and_can_be_taken_out(registration, twilio):
    rows = twilio.trusthub.v1.customer_profiles(registration.make_profile()).customer_profiles_entity_assignments
    assert [row.object_sid for row in rows.list(page_size=2)][:1] == [registration.business_user] and len(rows.list()) == 4
    (row,) = rows.list(object_type="customer_profile_business_information")
    with pytest.raises(TwilioRestException):
        rows.create(object_sid=registration.business_user)
    assert rows(row.sid).delete() and len(rows.list()) == 3
    assert twilio.trusthub.v1.end_users(registration.business_user).delete()


def test_the_trust_product_needs_the_profile_and_of_a_public_company_its_stock(registration, twilio):
    registration.submit_profile()
    registration.submit_product(company_type="public")
    product = twilio.trusthub.v1.trust_products(registration.product)
    found = product.trust_products_evaluations.create(policy_sid=A2P_POLICY)
    assert failed(found) == {
        "us_a2p_messaging_profile_information": (
            None, {"stock_exchange": 22215, "stock_ticker": 22215, "brand_contact_email": 22215}
        )
    }  # fmt: skip
    assert product.fetch().status == "twilio-rejected"
    empty = twilio.trusthub.v1.trust_products.create(friendly_name="x", email="us@platform.example", policy_sid=A2P_POLICY)
    rows = twilio.trusthub.v1.trust_products(empty.sid).trust_products_evaluations.create(policy_sid=A2P_POLICY).results
    assert {row["object_type"] for row in rows if not row["passed"]} == {"us_a2p_messaging_profile_information", "customer_profile"}


def test_what_makes_no_sense_is_refused(twilio):
    hub = twilio.trusthub.v1
    for action in (
        lambda: hub.customer_profiles.create(friendly_name="x", email="us@platform.example", policy_sid="RN" + "0" * 32),
        lambda: hub.customer_profiles.create(friendly_name="", email="us@platform.example", policy_sid=STARTER_POLICY),
        lambda: hub.end_users.create(friendly_name="x", type="nobody"),
        lambda: hub.end_users.create(friendly_name="x", type="authorized_representative_1", attributes="{"),
        lambda: hub.customer_profiles(PRIMARY).customer_profiles_evaluations.create(policy_sid=ALONE_POLICY),
    ):
        with pytest.raises(TwilioRestException) as refused:
            action()
        assert (refused.value.status, refused.value.code) == (400, 20001)
    for unknown in (hub.customer_profiles("BU" + "0" * 32), hub.end_users(PRIMARY), hub.supporting_documents("RD" + "0" * 32)):
        with pytest.raises(TwilioRestException) as missing:
            unknown.fetch()
        assert missing.value.status == 404


def test_a_profile_is_found_by_its_name_and_forgotten_by_a_reset(registration, twilio, server):
    profile = registration.make_profile()
    assert [row.sid for row in twilio.trusthub.v1.customer_profiles.list(friendly_name="servicepro:luna:profile")] == [profile]
    assert twilio.trusthub.v1.customer_profiles.list(friendly_name="servicepro:other:profile") == []
    server.reset()
    assert [row.sid for row in twilio.trusthub.v1.customer_profiles.list()] == [PRIMARY]
    with pytest.raises(TwilioException):
        twilio.trusthub.v1.customer_profiles.list(page_size=-1)
