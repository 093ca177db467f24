"""The owner hands over a person's data and erases them, in a browser."""

import json
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from customers.models import Customer, ErasureCertificate, Participant, PersonalDataAccess
from customers.services import register_customer
from messaging.services import deliver, receive_text
from messaging.types import Channel, Envelope, MessageClass
from tests.browser.screens import check
from tests.customers.traces import EMAIL, NAME, PHONE, traces


@pytest.fixture
def ana(tenant, simulator) -> Customer:
    """A customer who was written to and wrote back."""
    made = register_customer(name=NAME, phone_text=PHONE, email=EMAIL)
    receive_text(from_e164=PHONE, body=f"Hi, {NAME} here", provider_id="SM" + "a" * 32)
    deliver([Envelope("k", Channel.SMS, "key", PHONE, "hello", message_class=MessageClass.TRANSACTIONAL)])
    return made


def test_an_owner_hands_over_what_is_held(sign_in, ana: Customer, tmp_path: Path):
    page: Page = sign_in(path=f"/admin/customers/customer/{ana.pk}/change/")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download everything").click()
    download.value.save_as(tmp_path / "ana.zip")
    with zipfile.ZipFile(tmp_path / "ana.zip") as archive:
        assert json.loads(archive.read("person.json"))["records"][0]["email"] == EMAIL
    assert PersonalDataAccess.objects.filter(action="export", customer=ana).count() == 1


def test_an_owner_erases_somebody_with_the_typed_word(sign_in, stack, ana: Customer):
    page: Page = sign_in(path=f"/admin/customers/customer/{ana.pk}/change/", may_be_refused=True)
    page.get_by_role("link", name="Erase this person…").click()
    expect(page.get_by_role("cell", name="+1512•••0142")).to_be_visible()
    check(page)
    page.get_by_label("Type “erase” to confirm").fill("yes")
    page.get_by_role("button", name="Erase for good").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was erased.")
    assert not ErasureCertificate.objects.exists()
    check(page)
    page.get_by_label("Type “erase” to confirm").fill("Erase")
    page.get_by_role("button", name="Erase for good").click()
    expect(page.get_by_role("heading", name="What was erased")).to_be_visible()
    certificate = ErasureCertificate.objects.get()
    expect(page.locator("body")).to_contain_text(str(certificate.pk))
    check(page)
    assert traces() == []

    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert json.loads(Path(download.value.path()).read_text())["certificate"] == str(certificate.pk)
    page.get_by_role("link", name="All certificates").click()
    expect(page.get_by_role("link", name=str(certificate.pk))).to_be_visible()
    check(page)
    page.goto(stack.url(f"/admin/customers/customer/{ana.pk}/change/"))
    page.get_by_role("link", name="see the certificate").click()
    expect(page.get_by_role("heading", name="Copies at the provider")).to_be_visible()
    expect(page.get_by_role("cell", name="twilio").first).to_be_visible()


def test_an_owner_finds_who_has_no_record(sign_in, tenant, simulator, tmp_path: Path):
    receive_text(from_e164=PHONE, body=f"{NAME}, a stranger", provider_id="SM" + "b" * 32)
    Participant.objects.update(name=NAME)
    page: Page = sign_in(path="/admin/", may_be_refused=True)
    page.get_by_role("link", name="Somebody's data").first.click()
    check(page)
    page.get_by_label("Phone or email").fill("nobody")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("alert")).to_contain_text("neither a phone number nor an email")
    page.get_by_label("Phone or email").fill("(512) 555-0199")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing is held")
    check(page)
    page.get_by_label("Phone or email").fill("(512) 555-0142")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("This person has no customer record.")).to_be_visible()
    assert "555" not in page.url
    check(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download everything").click()
    assert download.value.suggested_filename.startswith("customer-without-record-")
    page.get_by_label("Type “erase” to confirm").fill("erase")
    page.get_by_role("button", name="Erase for good").click()
    expect(page.get_by_role("heading", name="What was erased")).to_be_visible()
    assert traces() == []


def test_an_address_with_a_record_leads_to_its_page(sign_in, ana: Customer):
    page: Page = sign_in(path="/admin/privacy/")
    page.get_by_label("Phone or email").fill(EMAIL)
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("link", name="Erase this person…")).to_be_visible()


def test_the_pages_are_the_owners(sign_in, staff: str, stack, ana: Customer):
    page: Page = sign_in(staff, "/admin/", may_be_refused=True)
    expect(page.get_by_role("link", name="Somebody's data")).to_have_count(0)
    for path in ("", f"{ana.pk}/erase/", "certificates/"):
        assert page.goto(stack.url(f"/admin/privacy/{path}")).status == 403


def test_before_anybody_was_erased_the_list_says_how(sign_in, tenant):
    page: Page = sign_in(path="/admin/privacy/certificates/")
    expect(page.get_by_text("Nobody was erased yet.")).to_be_visible()
    check(page)
