"""A business's own pages: admin, provider webhooks, customer portal."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from servicepro.api import api
from servicepro.celery import app as celery_app

__all__ = ["celery_app", "urlpatterns"]  # a view may queue a task only where the application is loaded

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/port-recovery/", include("campaigns.urls")),
    path("admin/invitations/", include("campaigns.urls_invitations")),
    path("admin/messages/", include("campaigns.urls_messages")),
    path("admin/api-keys/", include("tenants.urls")),
    path("admin/customers/import/", include("customers.urls_imports")),
    path("admin/customers/imported/", include("customers.urls_imported")),
    path("admin/bookings/", include("bookings.urls")),
    path("admin/loyalty-insights/", include("loyalty.urls")),
    path("admin/loyalty-settings/", include("loyalty.urls_settings")),
    path("admin/welcome-offers/", include("loyalty.urls_offers")),
    path("admin/onboarding-analytics/", include("onboarding.urls")),
    path("admin/merges/", include("customers.urls_merges")),
    path("admin/privacy/", include("customers.urls_privacy")),
    path("admin/ivr-config/", include("messaging.urls_ivr")),
    path("admin/voicemails/", include("messaging.urls_voicemails")),
    path("admin/", admin.site.urls),
    path("settings/a2p/", include("a2p.urls")),
    path("setup-wizard/", include("onboarding.setup.urls")),
    path("api/webhooks/", include("messaging.urls")),
    path("api/", api.urls),
    path("", include("portal.urls")),
    path("", RedirectView.as_view(url="/admin/"), name="home"),
]
