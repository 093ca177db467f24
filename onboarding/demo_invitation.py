"""The salon before its first invitation: a list of its regulars, a welcome offer, and a draft that nobody gets before it is sent."""

import csv
import io

from campaigns.selectors import invitation_campaigns
from campaigns.services import create_invitation_campaign
from campaigns.types import Audience, InvitationDraft
from customers.selectors import recent_imports
from customers.services import Upload, apply_import, confirm_import, plan_import
from loyalty.services import create_offer
from loyalty.types import OfferWish

FILE_NAME, OFFER_NAME, INVITATION_NAME = "glamour-regulars.csv", "First visit online", "Regulars of MG Road"
WORDS = (
    "Hi {{customer_name}}! {{salon_name}} now takes bookings online. Get {{offer_amount}} OFF your next visit with code {{offer_code}},"
    " valid for {{expiry_days}} days. Join: {{download_link}} Reply STOP to opt out."
)
# Name, last digits of the phone, tags, WhatsApp, birthday, notes. Who did not say whether they want WhatsApp has nothing there.
_REGULARS = (
    ("Priya Raghavan", "20", "VIP; Hair", "yes", "14/02/1988", "Likes the window seat"),
    ("Meghna Kulkarni", "21", "Hair", "yes", "", "Ammonia-free colour only"),
    ("Farah Sheikh", "22", "Facial", "yes", "03/11/1992", ""),
    ("Lakshmi Subramanian", "23", "VIP; Facial", "yes", "21/07/1969", "Comes with her daughter"),
    ("Aditi Joshi", "24", "Bridal", "yes", "", "Wedding in February"),
    ("Sneha Pillai", "25", "Hair", "", "09/05/1995", ""),
    ("Rahul Bhat", "26", "Hair", "yes", "", "Every third Saturday"),
    ("Zoya Mirza", "27", "Facial", "no", "", "Prefers a call"),
    ("Tanvi Deshpande", "28", "Hair; Facial", "yes", "30/12/1990", ""),
    ("Neha Agarwal", "29", "Bridal; VIP", "yes", "", ""),
    ("Deepa Shetty", "30", "Hair", "", "", "Sensitive scalp"),
    ("Karthik Rao", "31", "Hair", "yes", "17/08/1984", ""),
    ("Simran Kaur", "32", "Bridal", "yes", "25/01/1998", ""),
    ("Anjali Menon", "33", "VIP", "yes", "", "Head massage after every cut"),
    ("Pooja Hegde Rao", "34", "Hair", "yes", "", ""),
    ("Nikhil Chandra", "35", "", "", "", ""),
    ("Ritu Saxena", "36", "Facial", "yes", "11/06/1979", ""),
    ("Harini Venkatesh", "37", "Hair", "yes", "", ""),
    ("Sana Ansari", "38", "Facial; Hair", "yes", "02/10/1993", ""),
    ("Divya Krishnan", "39", "VIP; Bridal", "yes", "", ""),
)
_HEADINGS = ("Name", "Phone", "Email", "Tags", "WhatsApp consent", "Opted out", "Birthday", "Notes")


def set_up_invitation() -> None:
    """Bring the list, make the offer and write the draft; a business that has a list or an invitation already stays as it is."""
    if recent_imports().paginator.count or invitation_campaigns().exists():
        return
    batch = plan_import(Upload(_list(), FILE_NAME))
    apply_import(confirm_import(batch, None))
    offer = create_offer(
        OfferWish(OFFER_NAME, is_percentage=True, discount_value=15, max_discount_minor=50_000, minimum_purchase_minor=50_000), actor=None
    )
    draft = InvitationDraft(channel="sms", message_template=WORDS, offer_id=offer.id)
    create_invitation_campaign(actor=None, name=INVITATION_NAME, draft=draft, audience=Audience(import_batch_id=batch.pk))


def _list() -> bytes:
    """Return the list as the salon's old program wrote it, with what real lists have: many ways to write a phone, and mistakes."""
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(_HEADINGS)
    for number, (name, digits, tags, whatsapp, birthday, notes) in enumerate(_REGULARS):
        phone = (f"98765432{digits}", f"098765 432{digits}", f"+91 98765 432{digits}", f"98765-432-{digits}")[number % 4]
        email = f"{name.lower().replace(' ', '.')}@example.in" if number % 3 else ""
        rows.writerow((name, phone, email, tags, whatsapp, "", birthday, notes))
    rows.writerow(("Priya Raghavan", "9876543220", "", "", "", "", "", "Twice in the old program"))
    rows.writerow(("Kavya Iyer", "98765 43212", "kavya.iyer@example.in", "Hair", "yes", "", "", "A customer already"))
    rows.writerow(("Gayatri Nambiar", "98765 43240", "", "Facial", "", "yes", "", "Wants no messages"))
    rows.writerow(("Walk-in Sunday", "12345", "", "", "", "", "", "No number that rings"))
    return written.getvalue().encode()
