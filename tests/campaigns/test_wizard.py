"""The first steps of a messaging campaign: what they keep, what they refuse, and that going back and forth loses nothing."""

import pytest
from django.test import Client

from bookings.models import Place
from campaigns.errors import BadCampaignInput, WrongStatus
from campaigns.models import Campaign
from campaigns.services import messaging_drafts as drafts
from campaigns.types import CustomerFilter, Selection
from tenants.accounts.models import AuditEntry, User
from tests.support.browsing import signed_in

NEW = "/admin/messages/new/"


def a_place(name: str = "Downtown", **about: object) -> Place:
    return Place.objects.create(name=name, time_zone="America/Chicago", **about)


@pytest.fixture
def jody(tenant) -> User:
    return User.objects.get(email="owner@shop.example")


@pytest.fixture
def place(tenant) -> Place:
    return a_place()


@pytest.fixture
def draft(jody: User) -> Campaign:
    return drafts.create_messaging_campaign(actor=jody, name="Spring news")


def url(campaign: Campaign, step: int) -> str:
    return f"/admin/messages/{campaign.pk}/edit/{step}/"


def test_a_name_makes_a_draft_to_nobody_and_leads_on(owner: Client, jody: User):
    answer = owner.post(NEW, {"name": " Spring news ", "description": "For all", "then": "next"})
    made = Campaign.objects.get()
    assert answer.url == url(made, 2)
    assert (made.kind, made.status, made.consent_policy, made.name, made.description) == (
        "messaging",
        "draft",
        "required",
        "Spring news",
        "For all",
    )
    assert made.created_by == jody and made.key.startswith("messaging-") and not made.targets.exists()
    assert drafts.channels_of(made) == () and Selection.from_json(made.audience) == Selection()


def test_each_step_is_kept_and_shown_again(owner: Client, draft: Campaign, place: Place):
    other = a_place("Uptown")
    assert owner.post(url(draft, 2), {"places": [place.pk, other.pk], "then": "next"}).url == url(draft, 3)
    assert owner.post(url(draft, 3), {"channels": ["email"], "then": "save"}).url == url(draft, 3)
    draft.refresh_from_db()
    assert Selection.from_json(draft.audience).place_ids == (place.pk, other.pk)
    assert drafts.channels_of(draft) == ("email",) and draft.step == 4
    assert owner.get(url(draft, 2)).text.count(" checked") == 2
    assert owner.get(url(draft, 3)).text.count(" checked") == 1
    assert owner.get(f"/admin/messages/{draft.pk}/edit/").url == url(draft, 4)


def test_what_was_typed_is_kept_by_every_button(owner: Client, draft: Campaign, place: Place):
    drafts.save_places(draft, actor=draft.created_by, place_ids=[place.pk])
    for then, step in (("back", 1), ("next", 3), ("step-3", 3), ("step-1", 1), ("save", 2)):
        other = a_place(f"Place {then}")
        assert owner.post(url(draft, 2), {"places": [other.pk], "then": then}).url == url(draft, step)
        draft.refresh_from_db()
        assert Selection.from_json(draft.audience).place_ids == (other.pk,)


def test_going_back_without_a_choice_is_not_held_up(owner: Client, draft: Campaign, place: Place):
    a_place("Uptown")
    assert owner.post(url(draft, 2), {"then": "back"}).url == url(draft, 1)
    refused = owner.post(url(draft, 2), {"then": "next"})
    assert refused.status_code == 400 and drafts.NO_PLACE in refused.text


@pytest.mark.parametrize(
    ("step", "sent", "sentence"),
    [
        (1, {"name": "  "}, "Give it a name"),
        (1, {"name": "x" * 101}, "The name is too long"),
        (1, {"name": "x", "description": "y" * 501}, "The description is too long"),
        (2, {}, drafts.NO_PLACE),
        (2, {"places": ["0"]}, "not among yours"),
        (2, {"places": ["nonsense"]}, "not among yours"),
        (3, {}, drafts.NO_CHANNEL),
        (3, {"channels": ["sms"]}, drafts.NO_CHANNEL),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(owner: Client, draft: Campaign, place: Place, step, sent, sentence):
    answer = owner.post(url(draft, step), sent | {"then": "next"})
    assert answer.status_code == 400 and sentence in answer.text
    assert Campaign.objects.get().name == "Spring news"


def test_a_place_of_another_owner_cannot_be_chosen(owner: Client, jody: User, draft: Campaign, place: Place):
    theirs = a_place("Theirs")
    theirs.owners.add(User.objects.create_user("other@shop.example", "a-long-password", role="owner", is_staff=True))
    page = owner.get(url(draft, 2))
    assert "Downtown" in page.text and "Theirs" not in page.text
    assert owner.post(url(draft, 2), {"places": [theirs.pk], "then": "next"}).status_code == 400
    for save in (
        lambda: drafts.save_places(draft, actor=jody, place_ids=[place.pk, theirs.pk]),
        lambda: drafts.save_selection(draft, actor=jody, selection=Selection((theirs.pk,))),
    ):
        with pytest.raises(BadCampaignInput, match="not among yours"):
            save()
    draft.refresh_from_db()
    assert Selection.from_json(draft.audience) == Selection()


def test_other_places_keep_what_was_chosen_by_filters(jody: User, draft: Campaign, place: Place):
    other, vip = a_place("Uptown"), CustomerFilter(tags=("vip",))
    drafts.save_places(draft, actor=jody, place_ids=[place.pk])
    drafts.change_selection(draft, actor=jody, change=lambda chosen: chosen.mark(vip, is_added=True).mark_people([7], is_added=False))
    before = Selection.from_json(draft.audience)
    drafts.save_places(draft, actor=jody, place_ids=[other.pk])
    assert Selection.from_json(draft.audience) == Selection((other.pk,), before.steps)


def test_ticking_to_and_fro_does_not_pile_up(jody: User, draft: Campaign, place: Place):
    vip = CustomerFilter(tags=("vip",))
    drafts.save_places(draft, actor=jody, place_ids=[place.pk])
    for turn in range(20):
        drafts.change_selection(draft, actor=jody, change=lambda chosen, on=turn % 2 == 0: chosen.mark(vip, is_added=on))
    assert len(Selection.from_json(draft.audience).steps) == 1


def test_only_a_draft_is_changed(owner: Client, jody: User, draft: Campaign, place: Place):
    Campaign.objects.update(status="running")
    assert owner.post(url(draft, 1), {"name": "Other", "then": "save"}).url == f"/admin/messages/{draft.pk}/"
    with pytest.raises(WrongStatus):
        drafts.save_info(draft, actor=jody, name="Other")
    with pytest.raises(WrongStatus):
        drafts.save_places(draft, actor=jody, place_ids=[place.pk])
    assert Campaign.objects.get().name == "Spring news"


def test_the_audit_trail_tells_of_changes_and_of_nothing_else(owner: Client, jody: User, draft: Campaign):
    owner.post(url(draft, 1), {"name": "Spring news", "then": "next"})
    owner.post(url(draft, 1), {"name": "Autumn news", "then": "next"})
    found = AuditEntry.objects.filter(subject=f"campaign:{draft.pk}").order_by("pk")
    assert [(entry.action, entry.actor) for entry in found] == [("messaging_created", jody), ("messaging_edited", jody)]


def test_pages_of_another_kind_or_person_are_closed(owner: Client, draft: Campaign, campaign: Campaign):
    assert owner.get(url(campaign, 1)).status_code == 404
    User.objects.create_user("manager@shop.example", "a-long-password", role="manager", is_staff=True)
    manager = signed_in("manager@shop.example")
    assert {manager.get(address).status_code for address in (NEW, url(draft, 1), url(draft, 2))} == {403}


def test_words_of_others_are_never_markup(owner: Client, draft: Campaign):
    page = owner.post(url(draft, 1), {"name": "", "description": "</textarea><script>alert(1)</script>", "then": "next"})
    assert "<script>alert" not in page.text
