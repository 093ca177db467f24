"""Short addresses, because they travel in texts."""

from django.urls import path

from portal import views

urlpatterns = [
    path("o/<str:token>", views.offer, name="offer"),
    path("u/<str:token>", views.unsubscribe, name="unsubscribe"),
]
