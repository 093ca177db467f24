"""The numbers that renew themselves every second, and the page around them."""

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign
from tenants.accounts.models import User


@pytest.fixture
def owner_browser(tenant):
    browser = Client(HTTP_HOST="shop.localhost")
    browser.force_login(User.objects.get(role="owner"), backend="django.contrib.auth.backends.ModelBackend")
    return browser


def test_numbers_renew_alone_and_bring_the_buttons_when_the_status_changes(owner_browser, campaign):
    address = reverse("port-recovery-progress", args=[campaign.pk], urlconf="servicepro.urls")
    Campaign.objects.filter(pk=campaign.pk).update(status="running")
    page = owner_browser.get(reverse("port-recovery-campaign", args=[campaign.pk], urlconf="servicepro.urls"))
    assert f'hx-get="{address}?shown=running"' in page.text and "hx-swap-oob" not in page.text
    assert "<button" not in owner_browser.get(f"{address}?shown=running").text
    Campaign.objects.filter(pk=campaign.pk).update(status="completed")
    late = owner_browser.get(f"{address}?shown=running").text
    assert 'id="actions" hx-swap-oob="true"' in late and "Export CSV" in late
    assert "Pause" not in late and "Cancel campaign" not in late and "every " not in late
