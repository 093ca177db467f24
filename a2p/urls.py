"""The owner's pages of the registration, at /settings/a2p/."""

from django.urls import path

from a2p.views import drafts, status
from tenants.services import owner_required

urlpatterns = [
    path("", owner_required(status.overview), name="a2p"),
    path("business/", owner_required(drafts.business), name="a2p-business"),
    path("texts/", owner_required(drafts.texts), name="a2p-texts"),
    path("check/business/", owner_required(drafts.check_business), name="a2p-check-business"),
    path("check/texts/", owner_required(drafts.check_texts), name="a2p-check-texts"),
]
