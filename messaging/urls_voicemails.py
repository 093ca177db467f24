"""Voicemails, played to whoever may read the business's messages, at /admin/voicemails."""

from django.urls import path

from messaging.views_ivr import voicemail
from servicepro.lib.admin_pages import guarded

MAY_LISTEN = "customers.view_message"

urlpatterns = [
    path(
        "<str:recording>/",
        guarded(voicemail, lambda request: request.user.has_perm(MAY_LISTEN), refusal="tenants/owners_only.html"),
        name="voicemail",
    ),
]
