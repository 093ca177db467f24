"""What a program may get wrong about messaging campaigns: refused by field, or taken as the text it is."""

import pytest

from campaigns.models import Campaign
from tests.campaigns.messaging_shop import CONTENT, a_place, agreed
from tests.campaigns.test_messaging_api import EVERYBODY, ask, fields_of, made

__all__ = ["ask"]


@pytest.mark.parametrize("body", [{"selected": True}, {"userIds": [1], "allMatching": True}])
def test_people_are_named_in_one_way(ask, body):
    status, refusal = ask("POST", f"/{made(ask)['id']}/recipients", **body)
    assert status == 400 and fields_of(refusal) == ["userIds"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 500}, "name"),
        ({"description": "x" * 501}, "description"),
        ({"messagingConfig": CONTENT | {"channels": []}}, "messagingConfig.channels"),
        ({"messagingConfig": CONTENT | {"emailSubject": "Hi\nBcc: all@example.com"}}, "messagingConfig.emailSubject"),
        ({"messagingConfig": CONTENT | {"emailSubject": "Hi {{frist_name}}", "sendImmediately": True}}, "messagingConfig.emailSubject"),
        ({"messagingConfig": {"channels": ["whatsapp"], "whatsappMessage": "x" * 1601}}, "messagingConfig.whatsappMessage"),
        ({"messagingConfig": CONTENT | {"sendImmediately": True, "scheduledSendTime": "2027-01-01T10:00:00Z"}},
         "messagingConfig.scheduledSendTime"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_by_field_and_nothing_is_kept(ask, wrong, field):
    agreed(1)
    good = {"name": "Spring", "placeIds": [a_place().pk], "messagingConfig": CONTENT, "recipients": EVERYBODY}
    status, refusal = ask("POST", **good | wrong)
    assert status == 400 and fields_of(refusal) == [field] and refusal["message"].endswith((".", "?", "”"))
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"messagingConfig": {"channels": ["pigeon"]}}, "channels"),
        ({"campaignType": "price_reduction"}, "campaignType"),
        ({"placeIds": "all"}, "placeIds"),
        ({"recipients": {"userIds": [0]}}, "userIds"),
        ({"recipients": {"userIds": list(range(1, 1002))}}, "userIds"),
        ({"shoeSize": 43}, "shoeSize"),
    ],
)
def test_what_cannot_be_read_is_refused_by_field(ask, wrong, field):
    status, refusal = ask("POST", **{"name": "Spring"} | wrong)
    assert status == 400 and field in fields_of(refusal)[0] and not Campaign.objects.exists()


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({"scheduledSendTime": "2020-01-01T10:00:00Z"}, "passed"),
        ({"scheduledSendTime": "2020-01-01T10:00:00"}, "passed"),
        ({"scheduledSendTime": "2027-03-14T02:30:00"}, "no 02:30"),
        ({"sendImmediately": False}, "one of the two"),
        ({"sendImmediately": True, "scheduledSendTime": "2027-01-01T10:00:00Z"}, "one of the two"),
    ],
)
def test_a_time_that_cannot_be_is_refused(ask, body, part):
    agreed(1)
    campaign = made(ask, recipients=EVERYBODY)
    status, refusal = ask("POST", f"/{campaign['id']}/send", **body)
    assert status == 400 and part in refusal["message"]
    assert fields_of(refusal) == ["scheduledSendTime"]
    assert Campaign.objects.get().status == "draft"


NONSENSE = ["\0", "\ud800", "%", "_", "\\", "'; --", "{{", "}}{{", "\u202e", "\U0001f600" * 40, "x\r\ny", "<b", "&#0;", " " * 50]


@pytest.mark.parametrize("nonsense", NONSENSE, ids=ascii)
def test_nonsense_in_any_text_is_taken_as_text_or_refused_and_never_our_fault(ask, settings, nonsense):
    settings.API_REQUESTS_PER_MINUTE = 1_000
    agreed(1)
    good = {"name": "Spring", "placeIds": [a_place().pk], "recipients": EVERYBODY, "messagingConfig": CONTENT}
    both = CONTENT | {"channels": ["email", "whatsapp"], "whatsappMessage": "Hi"}
    bodies = [good | {field: nonsense} for field in ("name", "description")]
    bodies += [
        good | {"messagingConfig": both | {field: nonsense}} for field in ("emailSubject", "emailBody", "whatsappMessage", "contentSid")
    ]
    bodies += [
        good | {"messagingConfig": both | {"contentSid": "HX1", "contentVariables": mapped}}
        for mapped in ({nonsense: "x"}, {"1": nonsense})
    ]
    bodies += [good | {"recipients": EVERYBODY | {"filter": part}} for part in ({"search": nonsense}, {"tags": [nonsense]})]
    for body in bodies:
        status, answer = ask("POST", **body)
        assert status in (201, 400), (body, answer)
        if status == 201:
            path = f"/{answer['id']}"
            sending = ask("POST", f"{path}/send", scheduledSendTime="2027-07-01T10:00:00")[0]
            assert {ask("GET", path + part)[0] for part in ("", "/reach", "/recipients", "/messaging-stats")} == {200}
            assert sending in (200, 400)


@pytest.mark.parametrize(
    "query",
    [
        "search=%00", "search=%25", "search=%5C", "search=%27", "search=%ED%A0%80", "tags=%00", "tags=", "page=99999", "bookingsMin=5&bookingsMax=1",
        "lastBookingFrom=0001-01-01", "lastBookingBefore=9999-12-31", "lastBookingFrom=9999-12-31", "spentMinMinor=1000000000",
    ],
)  # fmt: skip
def test_odd_filters_find_somebody_or_nobody(ask, query):
    agreed(1)
    assert ask("GET", f"/messaging/customers?placeIds={a_place().pk}&{query}")[0] == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/messaging/customers?placeIds=0", 404),
        ("/messaging/customers?placeIds=-1", 404),
        ("/messaging/customers?placeIds=99999999999999999999", 404),
        ("/messaging/customers?placeIds={place}&campaignId=99999999999999999999999", 404),
        ("/messaging/customers?placeIds={place}&page=0", 400),
        ("/messaging/customers?placeIds={place}&search=" + "x" * 121, 400),
        ("/messaging/customers?placeIds={place}&bookingsMin=-1", 400),
        ("/messaging/customers?placeIds={place}&lastBookingFrom=2026-02-30", 400),
        ("/99999999999999999999999", 404),
        ("/99999999999999999999999/recipients", 404),
    ],
)
def test_numbers_and_dates_that_cannot_be_are_refused(ask, path, status):
    assert ask("GET", path.format(place=a_place().pk))[0] == status


@pytest.mark.parametrize(
    "when", ["0001-01-01T00:00:00", "9999-12-31T23:59:59", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", 0, 1e300, "soon"]
)
def test_times_at_the_end_of_time_are_refused(ask, when):
    agreed(1)
    campaign = made(ask, recipients=EVERYBODY)
    assert ask("POST", f"/{campaign['id']}/send", scheduledSendTime=when)[0] == 400
