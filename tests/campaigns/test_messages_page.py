"""The pages of a messaging campaign: numbers that add up, recipients in plain words, what can be done, and what is taken along."""

import csv
import io
import uuid
import zipfile

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from python_calamine import CalamineWorkbook

from bookings.models import Place
from campaigns.models import Campaign, Target
from campaigns.types import Selection
from customers.models import PersonalDataAccess
from messaging.selectors import ledger_table
from tenants.accounts.models import AuditEntry, User
from tests.support.browsing import signed_in

pytestmark = pytest.mark.usefixtures("tenant")


def page(name: str, *arguments: object) -> str:
    return reverse(f"messages{name}", args=arguments, urlconf="servicepro.urls")


def made(**about: object) -> Campaign:
    """A campaign by both channels."""
    about = {"status": "draft", "channel": "whatsapp", "email_subject": "Hello", "email_text": "Come by", "sms_text": "Hi", **about}
    return Campaign.objects.create(
        key=f"messaging-{Campaign.objects.count()}", kind="messaging", consent_policy="required", step=6, **{"name": "Spring", **about}
    )


def with_people(campaign: Campaign, *outcomes: tuple[str, str]) -> list[Target]:
    """Recipients with these outcomes (email, WhatsApp)."""
    return [
        Target.objects.create(
            campaign=campaign,
            name=f"Person {number}",
            email=f"p{number}@example.com",
            phone=f"+1512555{number:04d}",
            phone_channel="whatsapp",
            email_status=email,
            email_reason="consent_required" if email == "skipped" else "",
            sms_status=whatsapp,
            sms_reason="address_suppressed" if whatsapp == "skipped" else "",
        )
        for number, (email, whatsapp) in enumerate(outcomes)
    ]


MIXED = (("sent", "sent"), ("failed", "skipped"), ("skipped", "in_doubt"), ("pending", "held"))


def test_the_list_tells_each_campaign_with_its_numbers():
    assert "No campaign yet" in signed_in().get(page("")).text
    with_people(made(status="paused"), *MIXED)
    shown = signed_in().get(page(""))
    assert shown.status_code == 200 and "Spring" in shown.text and "View recipients" in shown.text
    assert 'class="envelope"' in shown.text and "Email and WhatsApp" in shown.text
    (row,) = shown.context["rows"]
    totals = row["totals"]
    assert (row["recipients"], totals.messages, totals.sent, totals.failed, totals.skipped, totals.pending) == (4, 8, 2, 1, 2, 3)
    assert (row["sent_share"], row["failed_share"]) == (25, 12)


def test_the_cards_and_the_channels_add_up():
    campaign = made(status="running")
    with_people(campaign, *MIXED)
    shown = signed_in().get(page("-campaign", campaign.pk))
    counts = {card["name"]: card["count"] for card in shown.context["cards"]}
    assert counts["recipients"] == 4 and sum(counts[name] for name in ("sent", "failed", "skipped", "pending")) == 8
    for channel in shown.context["stats"].channels:
        assert channel.sent + channel.failed + channel.skipped + channel.pending == channel.total == 4
    assert "<svg" in shown.text and "Messages by channel and outcome" in shown.text
    assert "nobody recorded that this person agreed" in shown.text and "replied STOP or unsubscribed" in shown.text
    assert 'hx-trigger="every 1s"' in shown.text


def test_opened_mails_are_not_counted_where_nobody_asked_for_it():
    campaign = made(status="completed")
    with_people(campaign, ("sent", "sent"))
    assert "not counted" in signed_in().get(page("-campaign", campaign.pk)).text
    Campaign.objects.update(tracks_opens=True)
    assert "not counted" not in signed_in().get(page("-campaign", campaign.pk)).text


def test_a_draft_leads_back_to_its_wizard_and_a_missed_time_is_asked_about():
    campaign = made(pause_reason="It was to start on Tue, Mar 3 at 2:30 PM, and nothing ran then. Choose when it goes.")
    shown = signed_in().get(page("-campaign", campaign.pk)).text
    assert "Go on with it" in shown and "nothing ran then" in shown and "Choose when it goes</a>" in shown
    assert "asks you something" in signed_in().get(page("")).text


def test_a_started_campaign_is_said_to_be_prepared_until_its_list_stands():
    with time_machine.travel("2026-03-03T18:00:00Z", tick=False):
        campaign, owner = made(status="scheduled", scheduled_at="2026-03-03T18:00:00Z"), signed_in()
        shown = owner.get(page("-campaign", campaign.pk)).text
        assert "being prepared" in shown and "list of recipients is being made" in shown and "off the calendar" not in shown
        other = made(name="First", status="running")
        assert "“First” is being sent. One campaign goes after the other" in owner.get(page("-campaign", campaign.pk)).text
        other.delete()
        Campaign.objects.update(scheduled_at="2026-03-03T20:00:00Z")
        shown = owner.get(page("-campaign", campaign.pk)).text
        assert "being prepared" not in shown and "It starts on Tue, Mar 3 at " in shown and "Take it off the calendar" in shown


def test_recipients_are_found_by_channel_status_and_words():
    campaign = made(status="paused")
    with_people(campaign, *MIXED)
    found = {
        query: [row["target"].name for row in signed_in().get(f"{page('-targets', campaign.pk)}?{query}").context["people"]]
        for query in ("status=sent", "status=skipped&channel=email", "status=failed&channel=whatsapp", "channel=email", "q=person 3", "q=p1%40example", "q=(512) 555-0002", "q=%00")
    }  # fmt: skip
    assert found == {
        "status=sent": ["Person 0"],
        "status=skipped&channel=email": ["Person 2"],
        "status=failed&channel=whatsapp": [],
        "channel=email": ["Person 0", "Person 1", "Person 3"],
        "q=person 3": ["Person 3"],
        "q=p1%40example": ["Person 1"],
        "q=(512) 555-0002": ["Person 2"],
        "q=%00": ["Person 0", "Person 1", "Person 2", "Person 3"],
    }


def test_the_words_are_shown_as_somebody_gets_them():
    said = {"email_html": "<p>Hi {{first_name|there}}</p>", "email_text": "Hi {{first_name|there}}", "sms_text": "Dear {{first_name|you}}"}
    shown = signed_in().get(page("-campaign", made(**said).pk))
    assert "Dear Priya" in shown.text and "Hi Priya" in shown.context["preview"]["page"] and 'sandbox=""' in shown.text
    blank = made(name="Blank", email_subject="", sms_text="")
    assert "Nothing is written yet" in signed_in().get(page("-campaign", blank.pk)).text


def test_phones_are_masked_and_a_look_at_people_is_written_down():
    campaign = made(status="paused")
    with_people(campaign, ("sent", "sent"))
    shown = signed_in().get(page("-campaign", campaign.pk)).text
    assert "+1512•••0000" in shown and "+15125550000" not in shown
    assert PersonalDataAccess.objects.get().subject == f"campaign:{campaign.pk}"


@pytest.mark.parametrize(("status", "may_be_removed"), [("paused", True), ("scheduled", True), ("running", False), ("completed", False)])
def test_who_still_waits_can_be_removed_while_nothing_is_sent(status, may_be_removed):
    campaign = made(status=status, scheduled_at="2099-01-01T00:00:00Z")
    with_people(campaign, ("pending", "pending"), ("sent", "sent"))
    shown = signed_in().get(page("-campaign", campaign.pk)).text
    assert ("Remove Person 0" in shown) is may_be_removed and "Remove Person 1" not in shown


def test_the_page_asks_the_same_number_of_questions_for_many_people():
    campaign, owner, asked = made(status="paused"), signed_in(), []
    for people in (1, 2, 60):
        Target.objects.all().delete()
        with_people(campaign, *(("sent", "sent") for _number in range(people)))
        with CaptureQueriesContext(connection) as questions:
            assert len(owner.get(page("-campaign", campaign.pk)).context["people"]) == min(people, 50)
        asked.append(len(questions))
    assert asked[1] == asked[2] <= 20


def test_the_csv_has_everybody_and_no_formula():
    campaign = made(status="completed")
    first, *_rest = with_people(campaign, *MIXED)
    Target.objects.filter(pk=first.pk).update(name="=HYPERLINK(1)")
    answer = signed_in().post(page("-export", campaign.pk), {"format": "csv"})
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert rows[0] == ["name", "email", "phone", "email_status", "email_because", "whatsapp_status", "whatsapp_because", "error"]
    assert len(rows) == 5 and rows[1][0] == "'=HYPERLINK(1)" and rows[1][2] == "'+15125550000"
    assert rows[2][6].startswith("replied STOP")
    assert PersonalDataAccess.objects.get(action="export").how_many == 4
    assert AuditEntry.objects.filter(action="campaign_exported", subject=f"campaign:{campaign.pk}").exists()


@pytest.mark.parametrize(("kind", "heading"), [("messaging", "whatsapp_status"), ("invitation", "sms_status")])
def test_the_workbook_of_every_kind_has_everybody_and_no_formula(kind, heading):
    campaign = made(status="completed")
    first, *_rest = with_people(campaign, *MIXED)
    Target.objects.filter(pk=first.pk).update(name="=1+1")
    Campaign.objects.update(kind=kind)
    route = "messages-export" if kind == "messaging" else "invitations-export"
    answer = signed_in().post(reverse(route, args=[campaign.pk], urlconf="servicepro.urls"), {"format": "xlsx"})
    assert answer["Content-Disposition"] == f'attachment; filename="campaign-{campaign.pk}.xlsx"'
    written = answer.getvalue()
    rows = CalamineWorkbook.from_filelike(io.BytesIO(written)).get_sheet_by_index(0).to_python()
    assert heading in rows[0] and len(rows) == 5 and rows[1][0] == "'=1+1"
    with zipfile.ZipFile(io.BytesIO(written)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")


def test_what_was_done_is_told_in_words():
    campaign, owner = made(status="running"), User.objects.get(role="owner")
    for action, details in (("messaging_created", {}), ("campaign_started", {}), ("campaign_failed_retried", {"people": 2})):
        AuditEntry.objects.create(actor=owner, action=action, subject=f"campaign:{campaign.pk}", details=details)
    AuditEntry.objects.create(actor=None, action="campaign_paused", subject=f"campaign:{campaign.pk}")
    done = [(who, what) for who, _when, what in signed_in().get(page("-campaign", campaign.pk)).context["done"]]
    assert done == [
        ("ServicePro", "paused it"),
        (owner.email, "gave those it failed for another turn (2 people)"),
        (owner.email, "began to send it"),
        (owner.email, "made it"),
    ]


def test_the_buttons_of_other_kinds_do_nothing_here():
    campaign = made()
    for action in ("start", "release", "texts", "schedule", "nonsense"):
        assert signed_in().post(page("-act", campaign.pk, action)).status_code == 404
    for number in ("", "0x1", "9" * 30):
        assert signed_in().post(page("-act", campaign.pk, "remove"), {"target": number}).status_code == 404


def test_a_campaign_of_another_kind_is_not_shown_here():
    campaign = made()
    Campaign.objects.update(kind="invitation")
    assert signed_in().get(page("-campaign", campaign.pk)).status_code == 404


def test_an_owner_does_not_see_the_campaigns_of_places_of_others():
    place = Place.objects.create(name="Uptown", time_zone="America/Chicago")
    campaign = made(status="paused", audience=Selection((place.pk,)).as_json())
    with_people(campaign, ("pending", "pending"))
    assert "Uptown" in signed_in().get(page("-campaign", campaign.pk)).text
    other = User.objects.create_user("second@shop.example", "a-long-password", role="owner", is_staff=True)
    place.owners.add(other)
    assert "Spring" not in signed_in().get(page("")).text
    for name in ("-campaign", "-progress", "-targets", "-edit"):
        assert signed_in().get(page(name, campaign.pk)).status_code == 404
    for name, *arguments in (("-export",), ("-act", "cancel"), ("-act", "remove")):
        assert signed_in().post(page(name, campaign.pk, *arguments), {"target": Target.objects.get().pk}).status_code == 404
    assert signed_in("second@shop.example").get(page("-campaign", campaign.pk)).status_code == 200


def test_delivered_and_opened_are_what_the_provider_reported():
    campaign = made(status="completed", tracks_opens=True)
    with_people(campaign, ("sent", "sent"))
    attempts = {"email": uuid.uuid4(), "whatsapp": uuid.uuid4()}
    Target.objects.update(email_attempt_id=attempts["email"], sms_attempt_id=attempts["whatsapp"])
    for channel, said in (("email", "bounce"), ("whatsapp", "read")):
        table = ledger_table(channel)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO public.{table.name} (tenant_id, campaign_key, {table.address}, attempt_id, state, {table.ok},"
                " provider_status, provider_rank) VALUES ('shop', %s, 'tag', %s, 'sent', true, %s, 5)",
                [campaign.key, attempts[channel], said],
            )
    shown = signed_in().get(page("-campaign", campaign.pk))
    counts = {card["name"]: (card["count"], card.get("share")) for card in shown.context["cards"]}
    assert counts["sent"] == (2, 100) and counts["delivered"] == (1, 50) and counts["opened"] == (1, 50)
    assert [way["badge"] for way in shown.context["people"][0]["ways"]] == ["bounced", "read"]
    assert "mail server of this address sent it back" in shown.text
    why = signed_in().get(page("-why", campaign.pk, Target.objects.get().pk)).text
    assert "was handed to the provider. The mail server of this address sent it back." in why and "It was read." in why
    assert shown.context["totals"].cost_micros == sum(channel.cost_micros for channel in shown.context["stats"].channels) > 0


@pytest.mark.parametrize("role", ["manager", "staff"])
def test_who_does_not_own_the_business_is_told_whose_pages_these_are(role):
    campaign = made(status="paused")
    User.objects.create_user(f"{role}@shop.example", "a-long-password", role=role, is_staff=True)
    for address in (page(""), page("-campaign", campaign.pk), page("-targets", campaign.pk)):
        assert signed_in(f"{role}@shop.example").get(address).status_code == 403
    assert signed_in(f"{role}@shop.example").post(page("-export", campaign.pk)).status_code == 403
