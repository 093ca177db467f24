"""The calendar of the people who work here, under /admin/bookings/."""

from django.urls import path

from bookings.views.access import bookings_access
from bookings.views.by_hand import by_hand
from bookings.views.contents import contents
from bookings.views.day import change_status, day_list
from bookings.views.move import move
from bookings.views.week import week

urlpatterns = [
    path("day/", bookings_access(day_list), name="bookings-day"),
    path("day/<uuid:public_id>/status/", bookings_access(change_status), name="booking-status"),
    path("day/<uuid:public_id>/move/", bookings_access(move, to_change=True), name="booking-move"),
    path("day/<uuid:public_id>/services/", bookings_access(contents, to_change=True), name="booking-contents"),
    path("new/", bookings_access(by_hand, to_change=True), name="booking-new"),
    path("week/", bookings_access(week), name="bookings-week"),
]
