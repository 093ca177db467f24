"""The owner's campaign pages, below /admin/port-recovery/."""

from django.urls import path

from campaigns import views
from tenants.services import owner_required

urlpatterns = [
    path("", owner_required(views.overview), name="port-recovery"),
    path("create/", owner_required(views.create), name="port-recovery-create"),
    path("<int:campaign_id>/", owner_required(views.campaign_page), name="port-recovery-campaign"),
    path("<int:campaign_id>/progress/", owner_required(views.progress), name="port-recovery-progress"),
    path("<int:campaign_id>/targets/", owner_required(views.targets), name="port-recovery-targets"),
    path("<int:campaign_id>/why/<int:target_id>/", owner_required(views.why), name="port-recovery-why"),
    path("<int:campaign_id>/export/", owner_required(views.export), name="port-recovery-export"),
    path("<int:campaign_id>/<slug:action>/", owner_required(views.act), name="port-recovery-act"),
]
