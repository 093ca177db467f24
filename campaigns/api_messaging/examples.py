"""An example of everything the API of messaging campaigns is sent and answers."""

from typing import Any

CONFIG_IN: dict[str, Any] = {
    "channels": ["email", "whatsapp"],
    "emailSubject": "Spring at {{business_name}}",
    "emailBody": "<p>Hi {{first_name|there}},</p><p>book before May: {{booking_link}}</p>",
    "whatsappMessage": "Hi {{first_name|there}}, book before May: {{booking_link}}",
    "contentSid": "",
    "contentVariables": {},
}
RECIPIENTS: dict[str, Any] = {
    "userIds": [],
    "allMatching": True,
    "filter": {"filterBy": "has_email", "search": "", "tags": ["vip"]},
    "selected": True,
}
IN: dict[str, Any] = {
    "campaignType": "messaging",
    "name": "Spring news",
    "description": "To regulars of the main shop",
    "placeIds": [1],
    "segmentId": None,
    "recipients": None,
    "messagingConfig": CONFIG_IN | {"scheduledSendTime": None, "sendImmediately": False},
}
CHANGES: dict[str, Any] = {"name": "Spring news", "messagingConfig": {"emailSubject": "Spring at {{business_name}}"}}
SEND: dict[str, Any] = {"sendImmediately": True, "confirmedCount": 1000}
CUSTOMERS: dict[str, Any] = {
    "customers": [
        {
            "userId": 41,
            "name": "Ana Silva",
            "email": "ana@example.com",
            "phone": "+1512•••0142",
            "gdprMarketingConsent": True,
            "whatsappConsent": False,
            "lastBookingDate": "2026-10-02T15:00:00Z",
            "totalBookings": 4,
            "spentMinor": 46000,
            "isSelected": False,
        }
    ],
    "page": 1,
    "limit": 50,
    "total": 1,
    "eligible": 812,
    "selected": 0,
}
SEGMENTS: dict[str, Any] = {
    "segments": [{"id": 3, "name": "Regulars", "placeIds": [1], "createdAt": "2026-11-20T09:30:00Z"}],
}
_NUMBERS: dict[str, Any] = {
    "sent": 960,
    "failed": 15,
    "skipped": 25,
    "pending": 0,
    "delivered": 940,
    "opened": 410,
    "bounced": 6,
    "optedOut": 4,
    "costMicros": 960_000,
}
STATS: dict[str, Any] = {
    "recipients": 1000,
    "total": 1000,
    "sentPercent": 96.0,
    "failedPercent": 1.5,
    "tracksOpens": True,
    "channels": [{"channel": "email", "total": 1000} | _NUMBERS],
} | _NUMBERS
CAMPAIGN: dict[str, Any] = {
    "id": 12,
    "campaignType": "messaging",
    "name": "Spring news",
    "description": "To regulars of the main shop",
    "placeIds": [1],
    "segmentId": None,
    "messagingConfig": CONFIG_IN | {"scheduledSendTime": None},
    "status": "sending",
    "pauseReason": "",
    "createdAt": "2026-11-21T09:30:00Z",
    "startedAt": "2026-11-21T10:00:00Z",
    "completedAt": None,
    "stats": STATS,
}
RECIPIENT: dict[str, Any] = {
    "id": 7001,
    "userId": 41,
    "customerName": "Ana Silva",
    "customerEmail": "ana@example.com",
    "customerPhone": "+1512•••0142",
    "status": "sent",
    "sentAt": "2026-11-21T10:00:02Z",
    "errorMessage": "",
    "messages": [
        {
            "channel": "email",
            "status": "sent",
            "reason": "",
            "sentence": "The email was handed to the provider.",
            "sentAt": "2026-11-21T10:00:02Z",
            "deliveryStatus": "delivered",
        }
    ],
}
REACH: dict[str, Any] = {
    "selected": 1000,
    "people": 975,
    "byChannel": {"email": 975, "whatsapp": 420},
    "leftOut": {"email": {"address_suppressed": 25}, "whatsapp": {"consent_required": 580}},
    "costMicros": 3_075_000,
    "seconds": 6,
}
