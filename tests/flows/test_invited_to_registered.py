"""From a list to a registration: the text of an invitation, its link, the code, the offer; the campaign's funnel follows."""

import re

from django.test import Client
from django.utils import timezone

from campaigns.selectors import invitation_stats
from campaigns.services import start_campaign
from customers.models import Customer
from loyalty.models import OfferCode
from loyalty.selectors import usable_offers
from tests.campaigns.inviting import an_offer, finish, invite, listed
from tests.portal.test_registration import sign_up, words


def test_the_link_of_a_sent_text_leads_to_the_offer_and_the_funnel_counts_it(tenant, simulator):
    listed(3)
    offer = an_offer()
    campaign = invite(offer=offer)
    start_campaign(campaign, actor=None)
    finish(campaign)
    ana = Customer.objects.earliest("pk")
    assert ana.life == "invited" and OfferCode.objects.filter(claimed_at=None).count() == 3
    (text,) = [text["body"] for text in simulator.texts(ana.phone)]
    path = re.search(r"https?://[^/\s]+(/i/\S+)", text)[1]
    client = Client(HTTP_HOST="shop.localhost")
    assert "off your next visit" in words(client.get(path))
    sign_up(client, simulator, link=path.removeprefix("/i/"))
    ana.refresh_from_db()
    (running,) = usable_offers(ana.pk)
    assert ana.life == "registered" and running.terms.id == offer.pk and running.promise.expires_at > timezone.now()
    stats = invitation_stats(campaign)
    assert (stats.target, stats.sent, stats.registered, stats.booked) == (3, 3, 1, 0)
