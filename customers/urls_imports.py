"""The owner's pages for customer lists, below /admin/customers/import/."""

from django.urls import path

from customers.views import imports
from tenants.services import owner_required

urlpatterns = [
    path("", owner_required(imports.overview), name="customer-imports"),
    path("export/", owner_required(imports.everybody), name="customers-export"),
    path("<uuid:batch_id>/", owner_required(imports.batch_page), name="customer-import"),
    path("<uuid:batch_id>/progress/", owner_required(imports.progress), name="customer-import-progress"),
    path("<uuid:batch_id>/rows/", owner_required(imports.rows), name="customer-import-rows"),
    path("<uuid:batch_id>/columns/", owner_required(imports.columns), name="customer-import-columns"),
    path("<uuid:batch_id>/errors/", owner_required(imports.errors), name="customer-import-errors"),
    path("<uuid:batch_id>/<slug:action>/", owner_required(imports.act), name="customer-import-act"),
]
