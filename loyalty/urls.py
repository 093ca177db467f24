"""The pages about points, below /admin/loyalty-insights/."""

from django.urls import path, re_path

from loyalty import views, views_approvals
from tenants.services import owner_required

urlpatterns = [
    path("", views.points_access(views.insights), name="loyalty-insights"),
    re_path(r"^export\.(?P<file_type>csv|xlsx)$", views.points_access(views.export), name="loyalty-insights-export"),
    path("customers/<int:customer_id>/", views.points_access(views.customer_points), name="customer-points"),
    path("approvals/", owner_required(views_approvals.approvals), name="points-approvals"),
    path("approvals/<int:request_id>/", owner_required(views_approvals.decide), name="points-approval"),
]
