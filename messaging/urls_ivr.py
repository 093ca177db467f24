"""The owner's page of calls and numbers, at /admin/ivr-config."""

from django.urls import path

from messaging import views_ivr
from tenants.services import owner_required

urlpatterns = [
    path("", owner_required(views_ivr.ivr_config), name="ivr-config"),
    path("numbers/import/", owner_required(views_ivr.import_numbers), name="ivr-import-numbers"),
    path("numbers/request/", owner_required(views_ivr.request_number), name="ivr-request-number"),
    path("numbers/<int:line_id>/primary/", owner_required(views_ivr.make_primary), name="ivr-make-primary"),
    path("numbers/<int:line_id>/calls/", owner_required(views_ivr.take_calls), name="ivr-take-calls"),
]
