"""The owner's pages of records that may be one person, below /admin/merges/."""

from django.urls import path

from customers.views import merges
from tenants.services import owner_required

urlpatterns = [
    path("", owner_required(merges.overview), name="merges"),
    path("look/", owner_required(merges.look), name="merges-look"),
    path("<int:proposal_id>/", owner_required(merges.decide), name="merges-decide"),
    path("<int:proposal_id>/merge/", owner_required(merges.merge), name="merges-merge"),
    path("<int:proposal_id>/dismiss/", owner_required(merges.dismiss), name="merges-dismiss"),
    path("undo/<int:merge_id>/", owner_required(merges.undo), name="merges-undo"),
]
