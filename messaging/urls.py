"""Where the providers knock."""

from django.urls import path

from messaging import webhooks

urlpatterns = [
    path("twilio/status", webhooks.twilio_status, name="twilio-status"),
    path("twilio/inbound", webhooks.twilio_inbound, name="twilio-inbound"),
    path("sendgrid/events", webhooks.sendgrid_events, name="sendgrid-events"),
]
