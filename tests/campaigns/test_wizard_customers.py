"""The fourth step of a messaging campaign: whoever is ticked stays ticked, nobody else is, and segments are found anew."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context
from hypothesis import given
from hypothesis import strategies as st

from bookings.models import Place
from campaigns.choosing import count_selected, list_customers, selection_of
from campaigns.errors import BadCampaignInput
from campaigns.models import Campaign, Segment
from campaigns.services import messaging_drafts as drafts
from campaigns.types import EVERYBODY, CustomerFilter, MessagingContent, Selection
from customers.models import Customer, PersonalDataAccess
from tenants.accounts.models import AuditEntry, User
from tests.campaigns.messaging_shop import agreed
from tests.campaigns.test_wizard import a_place, url


@pytest.fixture
def jody(tenant) -> User:
    return User.objects.get(email="owner@shop.example")


@pytest.fixture
def place(tenant) -> Place:
    return a_place()


@pytest.fixture
def chosen(jody: User, place: Place) -> Campaign:
    """A draft at a place whose customers agreed: two with both addresses, one without email, one without phone."""
    agreed(2, place)
    agreed(1, place, email=None, name="No Email", tags=["vip"])
    agreed(1, place, phone=None, name="No Phone", whatsapp_consent=True)
    draft = drafts.create_messaging_campaign(actor=jody, name="Spring news")
    drafts.save_places(draft, actor=jody, place_ids=[place.pk])
    return draft


def ticked(campaign: Campaign) -> set[str]:
    campaign.refresh_from_db()
    found = list_customers(selection_of(campaign), EVERYBODY)
    return {person.name for person in found.customers if person.is_selected}


def press(owner: Client, campaign: Campaign, then: str, *, shown: str = "", pick: object = (), was: object = ()):
    return owner.post(url(campaign, 4), {"then": then, "shown": shown, "pick": list(pick), "was": list(was)})


def test_the_places_are_chosen_before_their_customers(owner: Client, jody: User):
    draft = drafts.create_messaging_campaign(actor=jody, name="Spring news")
    assert owner.get(url(draft, 4)).url == url(draft, 2)


def test_only_who_agreed_is_listed_with_a_masked_phone(owner: Client, chosen: Campaign, place: Place):
    agreed(1, place, name="Never Asked", gdpr_marketing_consent=None)
    agreed(1, a_place("Elsewhere"), name="Other Place")
    page = owner.get(url(chosen, 4)).text
    assert "No Email" in page and "Never Asked" not in page and "Other Place" not in page
    assert "•••" in page and "+15125550" not in page
    assert "0</span> of 4 customers selected" in page
    assert PersonalDataAccess.objects.filter(subject=f"campaign:{chosen.pk}").exists()


@pytest.mark.parametrize(
    ("then", "shown", "names"),
    [
        ("all", "", {"A", "B", "No Email", "No Phone"}),
        ("email", "", {"A", "B", "No Phone"}),
        ("phone", "", {"A", "B", "No Email"}),
        ("all", "tags=vip", {"No Email"}),
        ("email", "search=No", {"No Phone"}),
        ("all", "whatsapp=on", {"No Phone"}),
        ("none", "", set()),
    ],
)
def test_a_button_ticks_everybody_who_matches(owner: Client, chosen: Campaign, then, shown, names):
    for name, person in zip("AB", Customer.objects.exclude(name__startswith="No").order_by("pk"), strict=True):
        Customer.objects.filter(pk=person.pk).update(name=name)
    answer = press(owner, chosen, then, shown=shown)
    assert answer.url == url(chosen, 4) + (f"?{shown}" if shown else "")
    assert ticked(chosen) == names


def test_all_are_deselected_and_those_who_match_alone_where_a_filter_is_set(owner: Client, chosen: Campaign):
    press(owner, chosen, "all")
    press(owner, chosen, "none", shown="search=No")
    assert len(ticked(chosen)) == 2
    press(owner, chosen, "nobody", shown="search=No")
    assert ticked(chosen) == set()


def test_the_ticks_of_a_page_are_saved_by_whichever_button(owner: Client, chosen: Campaign):
    ids = list(Customer.objects.order_by("pk").values_list("pk", flat=True))
    for then in ("save", "back", "next", "step-1", "page-2"):
        press(owner, chosen, then, pick=ids[:2])
        assert len(ticked(chosen)) == 2, then
        press(owner, chosen, then, pick=ids[1:2], was=ids[:2])
        assert len(ticked(chosen)) == 1, then
        press(owner, chosen, "nobody")


def test_one_who_was_ticked_by_a_filter_can_be_left_out(owner: Client, chosen: Campaign):
    press(owner, chosen, "all")
    spared = Customer.objects.get(name="No Email")
    press(owner, chosen, "save", was=[spared.pk])
    assert "No Email" not in ticked(chosen) and len(ticked(chosen)) == 3


def test_who_may_not_be_chosen_is_not_chosen_by_a_forged_form(owner: Client, chosen: Campaign, place: Place):
    (stranger,) = agreed(1, a_place("Elsewhere"))
    (unasked,) = agreed(1, place, gdpr_marketing_consent=False)
    press(owner, chosen, "save", pick=[stranger.pk, unasked.pk, 0, 10**17])
    chosen.refresh_from_db()
    assert count_selected(chosen) == 0
    for nonsense in ("-1", "9" * 40, "x", "١"):
        assert press(owner, chosen, "save", pick=[nonsense]).status_code == 302


def test_a_filter_that_cannot_be_read_is_said_and_ticks_nobody(owner: Client, chosen: Campaign):
    for shown in (
        "last_from=soon",
        "bookings_min=x",
        "spent_min=-1",
        "bookings_min=5&bookings_max=2",
        "search=%00",
        "last_from=0001-01-01",
    ):
        assert owner.get(f"{url(chosen, 4)}?{shown}").status_code == 400, shown
        assert press(owner, chosen, "all", shown=shown).status_code == 400, shown
    assert ticked(chosen) == set()


def test_nobody_selected_does_not_lead_on_and_does_not_hold_back(owner: Client, chosen: Campaign):
    refused = press(owner, chosen, "next")
    assert refused.status_code == 400 and drafts.NOBODY in refused.text
    assert press(owner, chosen, "back").url == url(chosen, 3)


def test_a_live_tick_answers_with_the_numbers_alone(owner: Client, chosen: Campaign):
    person = Customer.objects.get(name="No Email")
    sent = {"shown": "", "pick": [person.pk]}
    answer = owner.post(url(chosen, 4), sent, headers={"HX-Request": "true"})
    assert "1</span> of 4 customers selected" in answer.text and "<table" not in answer.text
    assert f'id="was-{person.pk}"' in answer.text and "No Email" not in answer.text


def test_a_campaign_goes_to_a_segment_or_to_the_same_people_by_hand(owner: Client, chosen: Campaign, place: Place):
    segment = Segment.objects.create(name="Regulars", filters={"place_ids": [place.pk], "tags": ["vip"]})
    owner.post(url(chosen, 4), {"then": "segment", "segment": segment.pk, "shown": ""})
    assert ticked(chosen) == {"No Email"} and chosen.segment == segment
    assert Selection.from_json(chosen.audience) == Selection((place.pk,))
    page = owner.get(url(chosen, 4)).text
    assert "Regulars" in page and "No Email" in page and "No Phone" not in page and 'name="pick"' not in page
    owner.post(url(chosen, 4), {"then": "by-hand", "shown": ""})
    assert ticked(chosen) == {"No Email"} and chosen.segment is None


def test_a_segment_of_foreign_places_or_none_cannot_be_chosen(owner: Client, chosen: Campaign):
    theirs = a_place("Theirs")
    theirs.owners.add(User.objects.create_user("other@shop.example", "a-long-password", role="owner", is_staff=True))
    segment = Segment.objects.create(name="Theirs", filters={"place_ids": [theirs.pk]})
    for number in (segment.pk, segment.pk + 1, "x", ""):
        answer = owner.post(url(chosen, 4), {"then": "segment", "segment": number, "shown": ""})
        assert answer.status_code == 400, number
    chosen.refresh_from_db()
    assert chosen.segment is None


def test_other_places_than_the_segments_keep_its_filter_by_hand(jody: User, chosen: Campaign, place: Place):
    other = a_place("Uptown")
    segment = Segment.objects.create(name="Regulars", filters={"place_ids": [place.pk], "tags": ["vip"]})
    drafts.save_segment_choice(chosen, actor=jody, segment_id=segment.pk)
    drafts.save_places(chosen, actor=jody, place_ids=[other.pk])
    assert chosen.segment is None
    assert Selection.from_json(chosen.audience) == Selection((other.pk,)).mark(CustomerFilter(tags=("vip",)), is_added=True)


def test_step_problems_name_what_is_missing_at_each_step(jody: User, chosen: Campaign, simulator):
    assert set(drafts.step_problems(chosen, jody)) == {3, 4}
    drafts.save_channels(chosen, actor=jody, channels=["email"])
    drafts.change_selection(chosen, actor=jody, change=lambda selection: selection.mark(EVERYBODY, is_added=True))
    assert set(drafts.step_problems(chosen, jody)) == {5}
    drafts.save_content(chosen, actor=jody, content=MessagingContent("News", "<p>Hi {{first_name|there}}</p><script>x</script>"))
    assert drafts.step_problems(chosen, jody) == {}
    assert chosen.email_html == "<p>Hi {{first_name|there}}</p>" and chosen.email_text == "Hi {{first_name|there}}"
    with pytest.raises(BadCampaignInput, match="one line"):
        drafts.save_content(chosen, actor=jody, content=MessagingContent("News\r\nBcc: a@b.example", "<p>x</p>"))


def test_the_filter_shown_is_kept_as_a_segment(owner: Client, chosen: Campaign, place: Place):
    sent = {"then": "keep-segment", "shown": "tags=vip&email=on", "segment_name": "Our VIPs"}
    assert owner.post(url(chosen, 4), sent).url == f"{url(chosen, 4)}?tags=vip&email=on"
    assert Segment.objects.get().filters == {"place_ids": [place.pk], "has_email": True, "tags": ["vip"]}
    for wrong in ({"segment_name": " "}, {"segment_name": "Our VIPs"}, {"segment_name": "Other", "shown": "last_from=soon"}):
        answer = owner.post(url(chosen, 4), sent | wrong)
        assert answer.status_code == 400 and "There is a problem" in answer.text
    assert Segment.objects.count() == 1


def test_a_segment_is_renamed_and_deleted_unless_a_campaign_goes_to_it(owner: Client, jody: User, chosen: Campaign, place: Place):
    segment = Segment.objects.create(name="Regulars", filters={"place_ids": [place.pk]})
    other = drafts.create_messaging_campaign(actor=jody, name="Other news")
    drafts.save_segment_choice(other, actor=jody, segment_id=segment.pk)
    sent = {"segment": segment.pk, "new_name": "Friends", "shown": ""}
    owner.post(url(chosen, 4), sent | {"then": "rename-segment"})
    assert Segment.objects.get().name == "Friends"
    assert owner.post(url(chosen, 4), sent | {"then": "rename-segment", "new_name": " "}).status_code == 400
    page = owner.post(url(chosen, 4), sent | {"then": "delete-segment"}, follow=True)
    assert "Other news" in page.text and Segment.objects.exists()
    drafts.save_segment_choice(other, actor=jody, segment_id=None)
    owner.post(url(chosen, 4), sent | {"then": "delete-segment"})
    assert not Segment.objects.exists()


def test_a_live_press_that_cannot_be_done_is_answered_with_its_sentence(owner: Client, chosen: Campaign):
    answer = owner.post(url(chosen, 4), {"then": "all", "shown": "last_from=soon"}, headers={"HX-Request": "true"})
    assert answer.status_code == 400 and answer.text == "Mend the filter first: what it means cannot be read."


def test_two_windows_that_tick_at_once_both_count(jody: User, chosen: Campaign, tenant):
    ids = list(Customer.objects.order_by("pk").values_list("pk", flat=True))[:4]

    def tick(customer_id: int) -> None:
        with tenant_context(tenant):
            mine = Campaign.objects.get(pk=chosen.pk)
            drafts.change_selection(mine, actor=jody, change=lambda selection: selection.mark_people([customer_id], is_added=True))
        connection.close()

    with ThreadPoolExecutor(4) as windows:
        list(windows.map(tick, ids))
    chosen.refresh_from_db()
    assert count_selected(chosen) == 4


def test_the_list_asks_as_many_questions_for_few_as_for_many(owner: Client, chosen: Campaign, place: Place):
    def questions() -> int:
        with CaptureQueriesContext(connection) as found:
            owner.get(url(chosen, 4))
        return len(found)

    questions()
    few = questions()
    agreed(40, place)
    assert questions() == few


def test_ticks_in_a_row_are_one_line_of_the_audit_trail(owner: Client, jody: User, chosen: Campaign):
    for then in ("all", "nobody", "email"):
        press(owner, chosen, then)
    drafts.save_info(chosen, actor=jody, name="Autumn news")
    press(owner, chosen, "phone")
    said = AuditEntry.objects.filter(subject=f"campaign:{chosen.pk}").order_by("pk").values_list("action", flat=True)
    changed = "messaging_selection_changed"
    assert list(said) == ["messaging_created", "messaging_edited", changed, "messaging_edited", changed]


PEOPLE = {number: {tag for bit, tag in enumerate("abc") if number >> bit & 1} for number in range(8)}
A_STEP = st.one_of(
    st.builds(lambda tag, on: ("tag", tag, on), st.sampled_from("abc"), st.booleans()),
    st.builds(lambda ids, on: ("ids", ids, on), st.frozensets(st.sampled_from(sorted(PEOPLE)), max_size=3), st.booleans()),
)


@given(st.lists(A_STEP, max_size=12))
def test_what_is_left_out_as_repeated_changes_nobodys_tick(done):
    selection, kept, ticked = Selection((1,)), Selection((1,)), set()
    for what, who, is_added in done:
        people = {number for number, tags in PEOPLE.items() if who in tags} if what == "tag" else set(who)
        ticked = ticked | people if is_added else ticked - people
        selection = marked(selection, what, who, is_added)
        kept = drafts._without_repeats(marked(kept, what, who, is_added))
    assert folded(selection) == folded(kept) == ticked
    filters = [step.filter for step in kept.steps if step.filter]
    assert len(filters) == len(set(filters))


def marked(selection: Selection, what: str, who: object, is_added: bool) -> Selection:
    if what == "tag":
        return selection.mark(CustomerFilter(tags=(who,)), is_added=is_added)
    return selection.mark_people(who, is_added=is_added)


def folded(selection: Selection) -> set[int]:
    ticked: set[int] = set()
    for step in selection.steps:
        people = {number for number, tags in PEOPLE.items() if tags & set(step.filter.tags)} if step.filter else set(step.customer_ids)
        ticked = ticked | people if step.is_added else ticked - people
    return ticked
