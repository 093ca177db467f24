"""The one-time apology: 500 points and a word of explanation to everybody who may have been missed."""

from collections.abc import Sequence

from campaigns.kinds.base import Kind, Texts
from campaigns.kinds.registration import refuse_unregistered
from campaigns.models import Campaign, Target
from loyalty.services import grant_points
from tenants.selectors import User

SMS = (
    "Hey this is {owner} with {business}. We recently upgraded our phone & text system, and there's a small chance we missed a "
    "message from you. I'm really sorry if that happened. To make it right, we've added {{{{points}}}} reward points to your "
    "account - you can use them toward interior protection, engine bay cleaning, or save them up toward a maintenance detail. "
    "Tap here to view options & book: {{{{magicBookingUrl}}}}. Reply STOP to unsubscribe."
)
SUBJECT = "We may have missed your message - {{{{points}}}} points to make it right"
EMAIL_TEXT = """Hi {{{{customer_name}}}},

this is {owner} with {business}. We recently upgraded our phone & text system, and there's a small chance we missed a message \
from you. I'm really sorry if that happened.

To make it right, we've added {{{{points}}}} reward points to your account. You can use them toward interior protection, engine \
bay cleaning, or save them up toward a maintenance detail.

View options & book: {{{{magicBookingUrl}}}}

{owner}
{business}"""
EMAIL_HTML = """<p>Hi {{{{customer_name}}}},</p>
<p>this is {owner} with {business}. We recently upgraded our phone &amp; text system, and there's a small chance we missed a \
message from you. I'm really sorry if that happened.</p>
<p>To make it right, we've added <strong>{{{{points}}}} reward points</strong> to your account. You can use them toward interior \
protection, engine bay cleaning, or save them up toward a maintenance detail.</p>
<p><a href="{{{{magicBookingUrl}}}}">View options &amp; book</a></p>
<p>{owner}<br>{business}</p>"""


class PortRecovery(Kind):
    """Apologise once, grant the points once."""

    name = "port_recovery"
    log_label = "PORT RECOVERY"
    points = 500
    fields = frozenset({"customer_name", "business_name", "points", "magicBookingUrl"})

    def texts(self, owner_name: str, business_name: str) -> Texts:
        """Return the apology in the owner's name."""
        words = {"owner": owner_name, "business": business_name}
        return Texts(SMS.format(**words), SUBJECT.format(**words), EMAIL_TEXT.format(**words), EMAIL_HTML.format(**words))

    def check(self, campaign: Campaign, *, actor: User | None = None) -> None:
        """Object where the carriers take no texts of this business yet. Raises BadCampaignInput."""
        refuse_unregistered(campaign)

    def effect(self, campaign: Campaign, targets: Sequence[Target]) -> set[int]:
        """Grant the points in one statement; everybody gets them, also who does not want to be written to."""
        by_customer = {target.customer_id: target.pk for target in targets if target.customer_id}
        granted = grant_points(
            customer_ids=list(by_customer),
            points=campaign.points,
            reason="port_recovery_500_points",
            campaign_key=campaign.key,
        )
        return {by_customer[customer_id] for customer_id in granted}
