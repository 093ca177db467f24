"""The pages a reviewer will open are opened before anything is submitted, and nobody reads our own network that way."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from a2p.errors import BadRegistration
from a2p.models import A2pCampaign, Attempt
from a2p.providers.pages import NO_ADDRESS, NO_ANSWER, NO_PAGE, NOT_PUBLIC, is_public, why_closed
from a2p.services import submit_or_update_campaign
from tenants.models import Tenant
from tests.a2p.submitting import ready_campaign
from tests.support.simulator import SimulatorProcess


class _Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status = int(self.path.strip("/").split("-")[0] or 200)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/302-again" if self.path.endswith("again") else "/200")
        self.end_headers()

    def log_message(self, *_said: object) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """A website of somebody's, on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/200", ""), ("/302", ""), ("/302-again", NO_ANSWER), ("/404", NO_PAGE), ("/410", NO_PAGE), ("/403", ""), ("/429", ""), ("/500", ""),
    ],
)  # fmt: skip
def test_a_page_opens_or_the_reason_is_told(site, path, why):
    assert why_closed(site + path, allows=lambda _address: True) == why


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://localhost/",
        "http://0.0.0.0/",
    ],
)
def test_nothing_inside_our_own_network_is_asked(url):
    assert why_closed(url) == NOT_PUBLIC


def test_a_page_that_leads_into_our_own_network_is_not_followed(site):
    asked: list[str] = []

    def once(address: str) -> bool:
        asked.append(address)
        return len(asked) == 1

    assert why_closed(f"{site}/302", allows=once) == NOT_PUBLIC


@pytest.mark.parametrize("url", ["https://no-such-host.invalid/privacy", "ftp://example.com/", "nonsense", "http://[", "https:///x"])
def test_an_address_that_is_none_is_told(url):
    assert why_closed(url) == NO_ADDRESS


def test_a_server_that_is_not_there_does_not_answer():
    assert why_closed("http://127.0.0.1:1/", allows=lambda _address: True) == NO_ANSWER


def test_public_addresses_are_told_from_ours():
    assert is_public("8.8.8.8") and is_public("2606:4700:4700::1111")
    assert not any(map(is_public, ("192.168.1.1", "100.64.0.1", "fe80::1", "::ffff:10.0.0.1", "224.0.0.1")))


def test_a_registration_whose_pages_do_not_open_is_not_submitted(tenant: Tenant, simulator: SimulatorProcess, settings) -> None:
    settings.A2P_OPENS_PAGES = True
    host = "https://no-such-host.invalid"
    campaign = ready_campaign(
        website=host, privacy_url=f"{host}/privacy", terms_url=f"{host}/terms", contact_email="jody@no-such-host.invalid"
    )
    assert campaign.status == A2pCampaign.Status.READY_TO_SUBMIT
    with pytest.raises(BadRegistration) as refused:
        submit_or_update_campaign(campaign.pk, actor=None, verb="submit")
    assert set(refused.value.details["fields"]) == {"website", "privacy_url", "terms_url"}
    assert NO_ADDRESS in refused.value.details["fields"]["privacy_url"]
    campaign.refresh_from_db()
    assert campaign.status == A2pCampaign.Status.READY_TO_SUBMIT and not Attempt.objects.exists()
