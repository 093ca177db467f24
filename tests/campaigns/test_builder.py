"""What the page of an invitation makes of what is sent to it, whatever that is."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from campaigns.forms import local_instant
from campaigns.models import Campaign
from campaigns.services import create_invitation_campaign
from campaigns.types import Audience, InvitationDraft
from campaigns.views.previewing import guess_mapping
from messaging.types import WhatsappTemplate
from tenants.accounts.models import User
from tests.support.browsing import signed_in

NEW = "/admin/invitations/new/"
PARTS = ("preview", "audience", "templates", "people")
WORDS = "Hi {{customer_name}}: {{download_link}} Reply STOP to opt out."
TYPED = {"name": "Spring", "channel": "sms", "message_template": WORDS, "status": ["imported"], "when": "now"}
NONSENSE = ("\0", "9" * 30, "-1", "9999-12-31", "0001-01-01", "{{", "é" * 2_000, "' OR 1=1 --", "<script>")


@pytest.fixture
def drafted(tenant) -> Campaign:
    return create_invitation_campaign(actor=None, name="Spring", draft=InvitationDraft("sms", WORDS), audience=Audience())


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_no_nonsense_breaks_the_page_or_writes_anything(owner: Client, simulator, nonsense):
    fields = (
        "channel",
        "offer",
        "content_sid",
        "status",
        "tags",
        "import_batch",
        "place",
        "last_visit_after",
        "day",
        "time",
        "as",
        "who",
        "map-1",
    )
    for field in fields:
        sent = TYPED | {"when": "later", "day": "2020-01-01", "time": "10:00"} | {field: nonsense}
        assert owner.post(NEW, sent).status_code == 400, field
    for part in PARTS:
        sent = TYPED | {"channel": "both", "when": "later"} | dict.fromkeys(set(fields) - {"channel"}, nonsense)
        assert owner.post(f"/admin/invitations/parts/{part}/", sent).status_code == 200, part
        assert owner.post(f"/admin/invitations/parts/{part}/", sent | {"channel": nonsense}).status_code == 200, part
    assert not Campaign.objects.exists()


def test_every_wrong_field_is_named_and_all_is_kept(owner: Client):
    page = owner.post(
        NEW,
        TYPED
        | {"name": "", "message_template": "Hi {{custmer_name}}", "last_visit_after": "2026-05-02", "last_visit_before": "2026-05-01"},
    )
    assert page.status_code == 400
    for field in ("name", "message_template", "last_visit_before"):
        assert f'id="{field}-wrong"' in page.text
    assert "Hi {{custmer_name}}</textarea>" in page.text and 'value="2026-05-02"' in page.text


def test_words_of_others_are_never_markup(owner: Client):
    page = owner.post(NEW, TYPED | {"name": "", "message_template": "</textarea><script>alert(1)</script> STOP"})
    assert "<script>alert" not in page.text


def test_parts_are_asked_for_by_post_alone(owner: Client):
    assert {owner.get(f"/admin/invitations/parts/{part}/").status_code for part in PARTS} == {405}


def test_only_a_draft_is_changed(owner: Client, drafted: Campaign):
    Campaign.objects.update(status="running")
    answer = owner.post(f"/admin/invitations/{drafted.pk}/edit/", TYPED | {"name": "Other"})
    assert answer.status_code == 302
    drafted.refresh_from_db()
    assert drafted.name == "Spring"


def test_an_invitation_is_not_shown_as_port_recovery_nor_the_other_way_round(owner: Client, drafted: Campaign, campaign: Campaign):
    assert owner.get(f"/admin/port-recovery/{drafted.pk}/").status_code == 404
    assert owner.get(f"/admin/invitations/{campaign.pk}/").status_code == 404
    assert owner.post(f"/admin/invitations/{drafted.pk}/release/").status_code == 404
    assert owner.post(f"/admin/port-recovery/{campaign.pk}/unschedule/").status_code == 404


def test_managers_look_and_are_offered_nothing_to_press(drafted: Campaign):
    User.objects.create_user("manager@shop.example", "a-long-password", role="manager", is_staff=True)
    page = signed_in("manager@shop.example").get(f"/admin/invitations/{drafted.pk}/")
    assert page.status_code == 200 and "Spring" in page.text
    assert "Start inviting" not in page.text and "Cancel campaign" not in page.text and "Change it" not in page.text


def test_a_time_the_clock_skips_is_the_one_it_is_put_forward_to():
    skipped = local_instant(datetime.date(2027, 3, 14), datetime.time(2, 30), "America/Chicago")
    assert skipped.astimezone(ZoneInfo("America/Chicago")).time() == datetime.time(3, 30)


def test_what_a_templates_numbers_stand_for_is_guessed_from_name_sample_and_words():
    body = "Hi {{1}}, {{2}} gives you {{3}} off with {{4}}: {{5}}. Valid {{6}} days. STOP"
    samples = {"1": "Ana", "2": "Luna Salon", "3": "$10", "4": "WELCOME-ABC234", "5": "https://x.example/i/1", "6": "30"}
    names = ("customer_name", "salon_name", "offer_amount", "offer_code", "download_link", "expiry_days")
    template = WhatsappTemplate("HX1", "t", "en", body, samples, "approved")
    assert guess_mapping(template) == dict(zip("123456", names, strict=True))
    assert guess_mapping(WhatsappTemplate("HX2", "t", "en", "{{a}} {{b}}", {"a": "x", "b": "y"}, "approved")) == {}
    assert guess_mapping(WhatsappTemplate("HX3", "t", "en", "{{offer_code}}", {"offer_code": "x"}, "approved")) == {
        "offer_code": "offer_code"
    }
