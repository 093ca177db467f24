"""The appointments of a day, at /admin/bookings/day/."""

from django.urls import path

from bookings.views import bookings_access, change_status, day_list

urlpatterns = [
    path("", bookings_access(day_list), name="bookings-day"),
    path("<uuid:public_id>/status/", bookings_access(change_status), name="booking-status"),
]
