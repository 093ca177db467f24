"""The owner's campaign pages: the routes every kind has, and those below /admin/port-recovery/."""

from collections.abc import Callable

from django.urls import URLPattern, path

from campaigns.links import ROUTES
from campaigns.views import acting, export, port_recovery, watching
from servicepro.lib.admin_pages import View
from tenants.services import owner_required


def campaign_routes(
    kind: str, page: View, *, may_look: Callable[[View], View] = owner_required, may_act: Callable[[View], View] = owner_required
) -> list[URLPattern]:
    """Return the routes of one campaign of a kind, `page` being its own page; views are told which kind the address is for.

    `may_look` guards what only shows it, `may_act` what changes it or takes it along.
    """
    name, of_kind = ROUTES[kind], {"kind": kind}
    return [
        path("<int:campaign_id>/", may_look(page), of_kind, name=f"{name}-campaign"),
        path("<int:campaign_id>/progress/", may_look(watching.progress), of_kind, name=f"{name}-progress"),
        path("<int:campaign_id>/targets/", may_look(watching.targets), of_kind, name=f"{name}-targets"),
        path("<int:campaign_id>/why/<int:target_id>/", may_look(watching.why), of_kind, name=f"{name}-why"),
        path("<int:campaign_id>/export/", may_act(export.export), of_kind, name=f"{name}-export"),
        path("<int:campaign_id>/<slug:action>/", may_act(acting.act), of_kind, name=f"{name}-act"),
    ]


urlpatterns = [
    path("", owner_required(port_recovery.overview), name="port-recovery"),
    path("create/", owner_required(port_recovery.create), name="port-recovery-create"),
    *campaign_routes(port_recovery.KIND, port_recovery.campaign_page),
]
