"""The owner's page of what points may be used for, at /admin/loyalty-settings/."""

from django.urls import path

from loyalty.views_settings import loyalty_settings
from tenants.services import owner_required

urlpatterns = [path("", owner_required(loyalty_settings), name="loyalty-settings")]
