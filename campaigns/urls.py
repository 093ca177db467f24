"""The owner's campaign pages, below /admin/port-recovery/."""

from django.urls import path

from campaigns.views import acting, export, port_recovery, watching
from tenants.services import owner_required

urlpatterns = [
    path("", owner_required(port_recovery.overview), name="port-recovery"),
    path("create/", owner_required(port_recovery.create), name="port-recovery-create"),
    path("<int:campaign_id>/", owner_required(port_recovery.campaign_page), name="port-recovery-campaign"),
    path("<int:campaign_id>/progress/", owner_required(watching.progress), name="port-recovery-progress"),
    path("<int:campaign_id>/targets/", owner_required(watching.targets), name="port-recovery-targets"),
    path("<int:campaign_id>/why/<int:target_id>/", owner_required(watching.why), name="port-recovery-why"),
    path("<int:campaign_id>/export/", owner_required(export.export), name="port-recovery-export"),
    path("<int:campaign_id>/<slug:action>/", owner_required(acting.act), name="port-recovery-act"),
]
