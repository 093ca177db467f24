"""People of a batch are loaded as the model itself would load them."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign, Target
from campaigns.services.taking import load_targets

COLUMNS = "ctid::text AS place, id, campaign_id, customer_id, name, phone, phone_raw, email, facts, sms_attempt_id, sms_status = 'held' AS is_held"
STATEMENT = f"SELECT {COLUMNS} FROM campaigns_target WHERE campaign_id = %(campaign)s ORDER BY id DESC"


@pytest.fixture
def people(tenant) -> list[Target]:
    campaign = Campaign.objects.create(kind="port_recovery", key="k", name="k")
    known = {"campaign": campaign, "facts": {"email": {"tries": 2}}, "sms_attempt_id": uuid.uuid4()}
    return Target.objects.bulk_create(
        [
            Target(name="Ann", phone="+15125550142", phone_raw="(512) 555-0142", email="ann@example.com", sms_status="held", **known),
            Target(name="Bob", email="bob@example.com", campaign=campaign),
        ]
    )


def test_a_batch_is_what_the_model_would_have_loaded_in_the_order_of_ids(people):
    parameters = {"campaign": people[0].campaign_id}
    loaded, known = load_targets(STATEMENT, parameters), sorted(Target.objects.raw(STATEMENT, parameters), key=lambda target: target.pk)
    assert [target.pk for target in loaded] == sorted(target.pk for target in people)
    for one, other in zip(loaded, known, strict=True):
        assert one == other and not one._state.adding and one._state.db == other._state.db
        assert {name: value for name, value in vars(one).items() if name != "_state"} == {
            name: value for name, value in vars(other).items() if name != "_state"
        }
    assert (loaded[0].phone, loaded[0].facts, loaded[0].is_held) == ("+15125550142", {"email": {"tries": 2}}, True)


def test_what_was_not_loaded_is_read_when_it_is_asked_for(people):
    ann = load_targets(STATEMENT, {"campaign": people[0].campaign_id})[0]
    with CaptureQueriesContext(connection) as asked:
        assert (ann.sms_status, ann.campaign.key) == ("held", "k")
    assert len(asked) == 2


def test_a_batch_costs_one_query_however_many_people(people):
    with CaptureQueriesContext(connection) as asked:
        load_targets(STATEMENT, {"campaign": people[0].campaign_id})
    assert len(asked) == 1
