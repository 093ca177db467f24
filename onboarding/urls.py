"""How people come from a list to a first booking, at /admin/onboarding-analytics/."""

from django.urls import path

from onboarding import views

urlpatterns = [
    path("", views.analytics_access(views.analytics), name="onboarding-analytics"),
    path("export.xlsx", views.analytics_access(views.export), name="onboarding-analytics-export"),
]
