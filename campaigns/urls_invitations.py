"""The owner's pages of invitations, below /admin/invitations/."""

from django.urls import path

from campaigns.urls import campaign_routes
from campaigns.views import building, invitations
from tenants.services import owner_required

urlpatterns = [
    path("", invitations.campaigns_access(invitations.overview), name="invitations"),
    path("new/", owner_required(building.new), name="invitations-new"),
    *(path(f"parts/{part}/", owner_required(building.part), {"part": part}, name=f"invitations-part-{part}") for part in building.PARTS),
    path("<int:campaign_id>/edit/", owner_required(building.edit), {"kind": invitations.KIND}, name="invitations-edit"),
    *campaign_routes(invitations.KIND, invitations.campaign_page, may_look=invitations.campaigns_access),
]
