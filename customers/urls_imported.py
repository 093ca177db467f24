"""The owner's page of the people whom lists brought, below /admin/customers/imported/."""

from django.urls import path

from customers.views import people
from tenants.services import owner_required

urlpatterns = [path("", owner_required(people.imported), name="imported-customers")]
