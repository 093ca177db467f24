"""The owner's pages of welcome offers, below /admin/welcome-offers/."""

from django.urls import path

from loyalty import views_offers
from tenants.services import owner_required

urlpatterns = [
    path("", owner_required(views_offers.offers), name="welcome-offers"),
    path("new/", owner_required(views_offers.new_offer), name="welcome-offer-new"),
    path("<int:offer_id>/", owner_required(views_offers.offer), name="welcome-offer"),
    path("<int:offer_id>/change/", owner_required(views_offers.edit_offer), name="welcome-offer-change"),
    path("<int:offer_id>/off/", owner_required(views_offers.switch_off), name="welcome-offer-off"),
]
