"""The owner's pages of the registration, at /settings/a2p/."""

from django.urls import path

from a2p.views import acting, drafts, status
from tenants.services import owner_required

urlpatterns = [
    path("", owner_required(status.overview), name="a2p"),
    path("live/", owner_required(status.live), name="a2p-live"),
    path("business/", owner_required(drafts.business), name="a2p-business"),
    path("texts/", owner_required(drafts.texts), name="a2p-texts"),
    path("check/business/", owner_required(drafts.check_business), name="a2p-check-business"),
    path("check/texts/", owner_required(drafts.check_texts), name="a2p-check-texts"),
    path("suggestion/", owner_required(acting.use_suggestion), name="a2p-use-suggestion"),
    path("submit/", owner_required(acting.submit), name="a2p-submit"),
    path("resubmit/", owner_required(acting.resubmit), name="a2p-resubmit"),
    path("refresh-status/", owner_required(acting.refresh), name="a2p-refresh"),
]
