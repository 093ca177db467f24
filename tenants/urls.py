"""The owner's pages about access, below /admin/api-keys/."""

from django.urls import path

from tenants import views
from tenants.services import owner_required

urlpatterns = [
    path("", owner_required(views.api_keys), name="api-keys"),
    path("<int:token_id>/revoke/", owner_required(views.revoke_api_key), name="api-key-revoke"),
]
