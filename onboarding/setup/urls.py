"""The setup wizard, at /setup-wizard/."""

from django.urls import path

from onboarding.setup import views
from onboarding.setup.steps import KEYS
from tenants.services import owner_required

urlpatterns = [
    path("", owner_required(views.overview), name="setup-wizard"),
    *(path(f"{key}/", owner_required(views.one_step), {"key": key}, name=f"setup-wizard-{key}") for key in KEYS),
    path("phone/attach/", owner_required(views.attach), name="setup-wizard-attach"),
]
