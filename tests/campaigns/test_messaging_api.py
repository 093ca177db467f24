"""Messaging campaigns over the API: customers chosen, drafts changed, sent, paused and counted; refused in sentences by field."""

import threading

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign, Segment, Target
from customers.models import PersonalDataAccess
from tests.campaigns.messaging_shop import CONTENT, a_place, agreed, another_owner, asking, visit

EVERYBODY = {"allMatching": True}


@pytest.fixture
def ask(tenant, simulator):
    with time_machine.travel("2026-11-10T15:00:00Z"):
        yield asking()


def made(ask, **more):
    status, campaign = ask("POST", name="Spring", placeIds=[a_place().pk], messagingConfig=CONTENT, **more)
    assert status == 201, campaign
    return campaign


def fields_of(refusal):
    return [entry["field"] for entry in refusal["details"]["fields"]]


def test_only_customers_of_the_places_who_agreed_are_listed(ask):
    ana, bea = agreed(2)
    agreed(1, gdpr_marketing_consent=None)
    agreed(1, gdpr_marketing_consent=False)
    agreed(1, opted_out=True)
    elsewhere = a_place("Airport")
    agreed(1, elsewhere)
    status, page = ask("GET", f"/messaging/customers?placeIds={a_place().pk}")
    assert (status, page["total"], page["eligible"]) == (200, 2, 2)
    assert {row["userId"] for row in page["customers"]} == {ana.pk, bea.pk}
    row = next(row for row in page["customers"] if row["userId"] == ana.pk)
    assert row["email"] == ana.email and "•••" in row["phone"] and row["phone"] != ana.phone
    assert (row["gdprMarketingConsent"], row["totalBookings"], row["spentMinor"], row["isSelected"]) == (True, 1, 5000, False)
    assert row["lastBookingDate"] is not None


def test_both_places_are_asked_for_by_naming_both(ask):
    here, there = a_place(), a_place("Airport")
    agreed(1, here)
    agreed(2, there)
    status, page = ask("GET", f"/messaging/customers?placeIds={here.pk}&placeIds={there.pk}")
    assert (status, page["total"]) == (200, 3)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ("filterBy=all", 4),
        ("filterBy=marketing_consent", 4),
        ("filterBy=has_email", 3),
        ("filterBy=has_phone", 3),
        ("search=zoe", 1),
        ("search=ZOE%40example", 1),
        ("hasWhatsappConsent=true", 1),
        ("tags=vip&tags=gold", 1),
        ("bookingsMin=2", 1),
        ("bookingsMax=1", 3),
        ("spentMinMinor=9000", 1),
        ("spentMaxMinor=5000", 3),
        ("lastBookingFrom=2030-01-01", 0),
        ("lastBookingBefore=2030-01-01", 4),
    ],
)
def test_filters_narrow_the_customers_down(ask, filters, found):
    agreed(1, name="Zoe Miller", email="zoe@example.com", tags=["vip"], whatsapp_consent=True)
    agreed(1, email=None)
    agreed(1, phone=None)
    (regular,) = agreed(1)
    visit(regular, a_place())
    status, page = ask("GET", f"/messaging/customers?placeIds={a_place().pk}&{filters}")
    assert (status, page["total"]) == (200, found)


def test_the_list_has_pages_and_is_recorded_as_looked_at(ask):
    agreed(3)
    status, second = ask("GET", f"/messaging/customers?placeIds={a_place().pk}&page=2&limit=2")
    assert (status, second["page"], second["total"], len(second["customers"])) == (200, 2, 3, 1)
    assert [(look.how_many, look.subject) for look in PersonalDataAccess.objects.all()] == [(1, "messaging customers")]


@pytest.mark.parametrize("query", ["", "?placeIds=", "?placeIds=x", "?placeIds=1&filterBy=nobody", "?placeIds=1&limit=101"])
def test_a_question_that_cannot_be_read_is_refused(ask, query):
    assert ask("GET", f"/messaging/customers{query}")[0] == 400


def test_another_owners_place_is_not_found(ask):
    theirs = a_place("Their shop")
    theirs.owners.add(another_owner())
    agreed(1, theirs)
    assert ask("GET", f"/messaging/customers?placeIds={theirs.pk}")[0] == 404
    assert ask("GET", f"/messaging/customers?placeIds={a_place().pk}&placeIds={theirs.pk}")[0] == 404
    assert ask("POST", name="Spring", placeIds=[theirs.pk])[0] == 404
    campaign = made(ask)
    assert ask("PATCH", f"/{campaign['id']}", placeIds=[theirs.pk])[0] == 404
    assert ask("GET", f"/{campaign['id']}")[1]["placeIds"] == [a_place().pk]
    assert asking("second@shop.example")("GET", f"/messaging/customers?placeIds={theirs.pk}")[1]["total"] == 1


def test_another_owners_campaign_is_not_found_by_any_call(ask):
    theirs = a_place("Their shop")
    theirs.owners.add(another_owner())
    agreed(1, theirs)
    status, campaign = asking("second@shop.example")(
        "POST", name="Theirs", placeIds=[theirs.pk], messagingConfig=CONTENT, recipients=EVERYBODY
    )
    assert status == 201
    path = f"/{campaign['id']}"
    answers = [ask("GET", path + part)[0] for part in ("", "/recipients", "/messaging-stats", "/reach")]
    answers += [ask("POST", path + part)[0] for part in ("/pause", "/resume", "/cancel", "/retry-failed", "/unschedule")]
    answers += [ask("POST", f"{path}/send", sendImmediately=True)[0], ask("POST", f"{path}/recipients", **EVERYBODY)[0]]
    answers += [ask("PATCH", path, name="Mine")[0], ask("DELETE", f"{path}/recipients/1")[0]]
    answers += [ask("GET", f"/messaging/customers?placeIds={a_place().pk}&campaignId={campaign['id']}")[0]]
    assert set(answers) == {404}
    assert ask("GET")[1]["total"] == 0
    assert Campaign.objects.get().status == "draft"


def test_another_owners_segment_is_neither_listed_nor_used(ask):
    theirs = a_place("Their shop")
    theirs.owners.add(another_owner())
    mine = Segment.objects.create(name="Mine", filters={"place_ids": [a_place().pk]})
    hidden = Segment.objects.create(name="Theirs", filters={"place_ids": [theirs.pk]})
    assert [each["name"] for each in ask("GET", "/messaging/segments")[1]["segments"]] == ["Mine"]
    assert ask("POST", name="To mine", segmentId=mine.pk)[1]["segmentId"] == mine.pk
    status, refusal = ask("POST", name="To theirs", segmentId=hidden.pk)
    assert status == 400 and fields_of(refusal) == ["segmentId"]


def test_a_draft_says_what_it_was_given(ask):
    campaign = made(ask, description="To regulars")
    assert (campaign["status"], campaign["campaignType"], campaign["description"]) == ("draft", "messaging", "To regulars")
    config = campaign["messagingConfig"]
    assert (config["channels"], config["emailSubject"]) == (["email"], CONTENT["emailSubject"])
    assert "{{first_name|there}}" in config["emailBody"] and config["scheduledSendTime"] is None
    assert campaign["stats"]["recipients"] == 0
    assert ask("GET", f"/{campaign['id']}")[1] == campaign


def test_the_same_wish_sent_again_makes_no_second_campaign(ask):
    agreed(2)
    body = {"name": "Spring", "placeIds": [a_place().pk], "recipients": EVERYBODY, "messagingConfig": CONTENT | {"sendImmediately": True}}
    answers = [ask("POST", wish="spring-2027", **body) for _turn in range(3)]
    assert {status for status, _campaign in answers} == {201} and len({campaign["id"] for _status, campaign in answers}) == 1
    assert ask("POST", wish="summer-2027", **body)[1]["id"] != answers[0][1]["id"]
    another_owner()
    assert asking("second@shop.example")("POST", wish="spring-2027", **body)[1]["id"] != answers[0][1]["id"]
    assert Campaign.objects.count() == 3


def test_the_same_wish_at_the_same_moment_makes_one_campaign(ask):
    agreed(1)
    body = {"name": "Spring", "placeIds": [a_place().pk], "recipients": EVERYBODY, "messagingConfig": CONTENT}
    gate, answers = threading.Barrier(4), []

    def wish():
        gate.wait(10)
        answers.append(ask("POST", wish="spring-2027", **body))
        connection.close()

    programs = [threading.Thread(target=wish) for _turn in range(4)]
    for program in programs:
        program.start()
    for program in programs:
        program.join()
    assert {status for status, _campaign in answers} == {201} and len({campaign["id"] for _status, campaign in answers}) == 1
    assert Campaign.objects.count() == 1


def test_a_wish_that_was_refused_may_be_put_right_under_its_name(ask):
    body = {"placeIds": [a_place().pk], "messagingConfig": CONTENT}
    assert ask("POST", wish="spring-2027", name=" ", **body)[0] == 400
    assert ask("POST", wish="spring-2027", name="Spring", **body)[0] == 201


def test_a_draft_without_a_place_is_seen_by_any_owner(ask):
    a_place("Their shop").owners.add(another_owner())
    assert ask("POST", name="Spring")[0] == 201
    assert ask("GET")[1]["total"] == 1
    assert asking("second@shop.example")("GET")[1]["total"] == 1


def test_a_change_leaves_what_it_does_not_name(ask):
    campaign = made(ask, description="To regulars")
    status, changed = ask("PATCH", f"/{campaign['id']}", name="Summer", messagingConfig={"emailSubject": "Summer!"})
    assert (status, changed["name"], changed["description"]) == (200, "Summer", "To regulars")
    assert changed["messagingConfig"] == campaign["messagingConfig"] | {"emailSubject": "Summer!"}


def test_a_change_that_is_partly_wrong_changes_nothing(ask):
    campaign = made(ask)
    status, refusal = ask("PATCH", f"/{campaign['id']}", name="Summer", messagingConfig={"emailSubject": "Hi\r\nBcc: x@example.com"})
    assert status == 400 and fields_of(refusal) == ["messagingConfig.emailSubject"]
    assert ask("GET", f"/{campaign['id']}")[1] == campaign


def test_customers_are_ticked_and_unticked_and_the_last_word_counts(ask):
    ana, bea, cleo = agreed(3)
    path = f"/{made(ask)['id']}/recipients"
    assert ask("POST", path, userIds=[ana.pk, bea.pk])[1] == {"selected": 2}
    assert ask("POST", path, userIds=[bea.pk], selected=False)[1] == {"selected": 1}
    assert ask("POST", path, allMatching=True)[1] == {"selected": 3}
    assert ask("POST", path, allMatching=True, filter={"search": cleo.email}, selected=False)[1] == {"selected": 2}
    campaign = Campaign.objects.get()
    page = ask("GET", f"/messaging/customers?placeIds={a_place().pk}&campaignId={campaign.pk}")[1]
    assert {row["userId"] for row in page["customers"] if row["isSelected"]} == {ana.pk, bea.pk} and page["selected"] == 2


def test_a_draft_lists_whom_it_was_given(ask):
    ana, _bea = agreed(2)
    path = f"/{made(ask)['id']}/recipients"
    assert ask("GET", path)[1]["total"] == 0
    ask("POST", path, userIds=[ana.pk])
    status, page = ask("GET", path)
    assert (status, page["total"]) == (200, 1)
    assert [(row["userId"], row["id"], row["status"]) for row in page["recipients"]] == [(ana.pk, None, "pending")]
    assert ask("GET", f"{path}?status=sent")[1]["total"] == 0


def test_whoever_is_no_customer_of_the_places_does_not_count(ask):
    (stranger,) = agreed(1, a_place("Airport"))
    (unwilling,) = agreed(1, gdpr_marketing_consent=False)
    assert ask("POST", f"/{made(ask)['id']}/recipients", userIds=[stranger.pk, unwilling.pk, 4711])[1] == {"selected": 0}


def test_the_reach_is_told_before_it_is_sent(ask):
    agreed(2)
    agreed(1, email=None)
    campaign = made(ask, recipients=EVERYBODY)
    status, reach = ask("GET", f"/{campaign['id']}/reach")
    assert (status, reach["selected"], reach["people"], reach["byChannel"]) == (200, 3, 2, {"email": 2})
    assert sum(reach["leftOut"]["email"].values()) == 1 and reach["costMicros"] > 0


def test_a_segment_is_sent_alone(ask):
    segment = Segment.objects.create(name="Regulars", filters={"place_ids": [a_place().pk]})
    agreed(2)
    status, campaign = ask("POST", name="Spring", segmentId=segment.pk, messagingConfig=CONTENT)
    assert (status, campaign["segmentId"], campaign["placeIds"]) == (201, segment.pk, [a_place().pk])
    assert ask("GET", f"/{campaign['id']}/reach")[1]["selected"] == 2
    status, refusal = ask("POST", name="Spring", segmentId=segment.pk, placeIds=[a_place().pk])
    assert status == 400 and fields_of(refusal) == ["segmentId"]


def test_it_is_scheduled_on_the_clock_of_the_business_and_taken_off_again(ask):
    agreed(2)
    campaign = made(ask, recipients=EVERYBODY)
    path = f"/{campaign['id']}"
    status, scheduled = ask("POST", f"{path}/send", scheduledSendTime="2027-07-01T10:00:00")
    assert (status, scheduled["status"]) == (200, "scheduled")
    assert scheduled["messagingConfig"]["scheduledSendTime"] == "2027-07-01T15:00:00Z"
    assert ask("GET", f"{path}/recipients")[1]["total"] == 2
    assert ask("PATCH", path, name="Later")[0] == 409
    assert ask("POST", f"{path}/unschedule")[1]["status"] == "draft"
    assert ask("POST", f"{path}/send", scheduledSendTime="2027-07-01T10:00:00+02:00")[1]["messagingConfig"]["scheduledSendTime"] == (
        "2027-07-01T08:00:00Z"
    )


def test_who_saw_another_number_of_people_sends_nothing(ask):
    agreed(2)
    path = f"/{made(ask, recipients=EVERYBODY)['id']}/send"
    agreed(1)
    status, refusal = ask("POST", path, sendImmediately=True, confirmedCount=2)
    assert (status, refusal["error"]) == (409, "COUNT_CHANGED") and "3" in refusal["message"]
    assert ask("POST", path, sendImmediately=True, confirmedCount=3)[0] == 200


def test_a_campaign_of_another_kind_is_not_found_here(ask, campaign):
    path = f"/{campaign.pk}"
    answers = [ask("GET", path + part)[0] for part in ("", "/recipients", "/messaging-stats", "/reach")]
    answers += [ask("POST", f"{path}/send", sendImmediately=True)[0], ask("POST", f"{path}/cancel")[0]]
    assert set(answers) == {404}


def test_somebody_of_a_scheduled_list_is_taken_off_it_once(ask):
    agreed(2)
    path = f"/{made(ask, recipients=EVERYBODY)['id']}"
    ask("POST", f"{path}/send", scheduledSendTime="2027-07-01T10:00:00")
    target = Target.objects.earliest("pk")
    assert ask("DELETE", f"{path}/recipients/{target.pk}") == (200, {"selected": 1})
    assert ask("DELETE", f"{path}/recipients/{target.pk}")[0] == 404
    assert [row["userId"] for row in ask("GET", f"{path}/recipients")[1]["recipients"]] != [target.customer_id]


def test_somebody_of_another_campaign_is_not_taken_off(ask):
    agreed(1)
    first, second = (made(ask, recipients=EVERYBODY)["id"] for _turn in range(2))
    for campaign_id in (first, second):
        ask("POST", f"/{campaign_id}/send", scheduledSendTime="2027-07-01T10:00:00")
    theirs = Target.objects.get(campaign_id=second)
    assert ask("DELETE", f"/{first}/recipients/{theirs.pk}")[0] == 404
    assert Target.objects.filter(pk=theirs.pk).exists()


def queries_of(ask, path):
    ask("GET", path)  # what is looked up once for all
    with CaptureQueriesContext(connection) as caught:
        status, _answer = ask("GET", path)
    assert status == 200
    return len(caught)


def test_questions_cost_the_same_however_many_there_are(ask, settings):
    settings.API_REQUESTS_PER_MINUTE = 1_000
    agreed(1)
    campaign = made(ask, recipients=EVERYBODY)
    ask("POST", f"/{campaign['id']}/send", scheduledSendTime="2027-07-01T10:00:00")
    paths = (
        "",
        f"/{campaign['id']}",
        f"/{campaign['id']}/recipients",
        f"/messaging/customers?placeIds={a_place().pk}",
        "/messaging/segments",
    )
    few = {path: queries_of(ask, path) for path in paths}
    agreed(20)
    for _turn in range(4):
        ask("POST", f"/{made(ask, recipients=EVERYBODY)['id']}/send", scheduledSendTime="2027-07-01T10:00:00")
    Segment.objects.bulk_create(Segment(name=f"s{n}", filters={"place_ids": [a_place().pk]}) for n in range(10))
    ask("POST", f"/{campaign['id']}/unschedule")
    ask("POST", f"/{campaign['id']}/send", scheduledSendTime="2027-07-01T10:00:00")
    assert ask("GET", f"/{campaign['id']}/recipients")[1]["total"] == 21
    assert {path: queries_of(ask, path) for path in paths} == few


def test_a_key_that_may_only_look_changes_nothing(ask):
    campaign = made(ask)
    looking = asking(scopes=("campaigns:read",))
    assert looking("GET", f"/{campaign['id']}")[0] == 200
    assert looking("PATCH", f"/{campaign['id']}", name="x")[0] == 403
    assert looking("POST", f"/{campaign['id']}/send", sendImmediately=True)[0] == 403


def test_a_key_for_campaigns_sees_numbers_and_no_people(ask):
    agreed(1)
    campaign = made(ask, recipients=EVERYBODY)
    counting = asking(scopes=("campaigns:read", "campaigns:write"))
    assert counting("GET", f"/{campaign['id']}/reach")[1]["selected"] == 1
    for path in (f"/messaging/customers?placeIds={a_place().pk}", f"/{campaign['id']}/recipients"):
        status, refusal = counting("GET", path)
        assert status == 403 and "customers:read" in refusal["message"]
