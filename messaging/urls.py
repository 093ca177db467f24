"""Where the providers knock."""

from django.urls import path

from messaging import voice, webhooks

urlpatterns = [
    path("twilio/status", webhooks.twilio_status, name="twilio-status"),
    path("twilio/inbound", webhooks.twilio_inbound, name="twilio-inbound"),
    path("twilio/voice", voice.incoming, name="twilio-voice"),
    path("twilio/voice/menu", voice.menu, name="twilio-voice-menu"),
    path("twilio/voice/recorded", voice.recorded, name="twilio-voice-recorded"),
    path("twilio/voice/status", voice.forwarded, name="twilio-voice-status"),
    path("sendgrid/events", webhooks.sendgrid_events, name="sendgrid-events"),
]
