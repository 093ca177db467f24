"""Which places an owner looks after: those they are named for, and those nobody is."""

from bookings.models import Place
from bookings.selectors import places_of
from tenants.accounts.models import User


def a_user(name: str, role: str = "owner", **about: object) -> User:
    return User.objects.create_user(f"{name}@shop.example", "a-long-password", role=role, is_staff=True, **about)


def names_of(user: User | None) -> list[str]:
    return [place.name for place in places_of(user)]


def test_a_place_without_owners_is_looked_after_by_every_owner(tenant):
    Place.objects.create(name="Main", time_zone="America/Chicago")
    assert names_of(a_user("ana")) == names_of(a_user("ben")) == ["Main"]


def test_a_place_with_owners_is_theirs_alone(tenant):
    ana, ben = a_user("ana"), a_user("ben")
    for name, owners in (("Airport", [ana]), ("Both", [ana, ben]), ("Centre", [ben]), ("Everybody's", [])):
        Place.objects.create(name=name, time_zone="America/Chicago").owners.set(owners)
    assert names_of(ana) == ["Airport", "Both", "Everybody's"]
    assert names_of(ben) == ["Both", "Centre", "Everybody's"]


def test_a_place_that_takes_no_bookings_any_more_still_has_customers(tenant):
    Place.objects.create(name="Closed", time_zone="America/Chicago", is_active=False)
    assert names_of(a_user("ana")) == ["Closed"]


def test_others_than_owners_look_after_no_place(tenant):
    place = Place.objects.create(name="Main", time_zone="America/Chicago")
    staff, gone = a_user("sam", "staff"), a_user("olga", is_active=False)
    place.owners.set([staff, gone])
    assert [names_of(user) for user in (staff, a_user("mia", "manager"), gone, None)] == [[], [], [], []]


def test_the_owners_of_a_place_are_ticked_on_its_page(owner):
    ana, staff = a_user("ana"), a_user("sam", "staff")
    place = Place.objects.create(name="Main", time_zone="America/Chicago")
    address = f"/admin/bookings/place/{place.pk}/change/"
    page = owner.get(address).content.decode()
    assert ana.email in page and staff.email not in page
    form = {f"{prefix}-{name}": "0" for prefix in ("hours", "closures") for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
    about = {"name": "Main", "time_zone": "America/Chicago", "capacity": 1, "slot_minutes": 30, "lead_minutes": 0, "horizon_days": 60}
    assert owner.post(address, {**form, **about, "owners": [ana.pk]}).status_code == 302
    assert list(place.owners.all()) == [ana]
