"""The owner's pages for one person's data, below /admin/privacy/."""

from django.urls import path

from customers.views import privacy
from tenants.services import owner_required

urlpatterns = [
    path("", owner_required(privacy.find), name="privacy-find"),
    path("found/export/", owner_required(privacy.export_found), name="privacy-found-export"),
    path("found/erase/", owner_required(privacy.erase_found), name="privacy-found-erase"),
    path("certificates/", owner_required(privacy.certificates), name="privacy-certificates"),
    path("certificates/<uuid:certificate_id>/", owner_required(privacy.certificate), name="privacy-certificate"),
    path("certificates/<uuid:certificate_id>/file/", owner_required(privacy.certificate_file), name="privacy-certificate-file"),
    path("<int:customer_id>/export/", owner_required(privacy.export), name="privacy-export"),
    path("<int:customer_id>/erase/", owner_required(privacy.erase), name="privacy-erase"),
]
