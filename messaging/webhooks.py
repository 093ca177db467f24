"""The providers' doors: check who is knocking, pass on what they say, answer quickly."""

import json

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from sendgrid.helpers.eventwebhook import EventWebhook
from twilio.request_validator import RequestValidator

from messaging.selectors import owns_number
from messaging.services import read_address, read_attempt, receive_text, record_email_events, record_message_status
from tenants.selectors import current_tenant, public_url

EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
BODY_BYTES_MAX = 5_000_000


def is_from_twilio(request: HttpRequest) -> bool:
    """Check the signature over the URL customers know (not the one a proxy saw), and that the account is ours."""
    signature = request.headers.get("X-Twilio-Signature")
    if not signature or request.POST.get("AccountSid") != settings.TWILIO_ACCOUNT_SID:
        return False
    url = public_url(current_tenant()) + request.get_full_path()
    return RequestValidator(settings.TWILIO_AUTH_TOKEN).validate(url, request.POST, signature)


@csrf_exempt
@require_POST
def twilio_status(request: HttpRequest) -> HttpResponse:
    """Take in a status callback."""
    if not is_from_twilio(request):
        return HttpResponseForbidden()
    record_message_status(
        attempt_id=read_attempt(request.GET.get("a", "")),
        sid=request.POST.get("MessageSid", ""),
        status=request.POST.get("MessageStatus", ""),
        error_code=request.POST.get("ErrorCode", ""),
        to=request.POST.get("To", ""),
    )
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
def twilio_inbound(request: HttpRequest) -> HttpResponse:
    """Take in a text or WhatsApp message to one of this business's numbers; Twilio itself answers STOP, START and HELP of texts."""
    if not is_from_twilio(request):
        return HttpResponseForbidden()
    channel, number = read_address(request.POST.get("To", ""))
    if not owns_number(number, channel):
        return HttpResponseForbidden()
    receive_text(
        channel=channel,
        from_e164=read_address(request.POST.get("From", ""))[1],
        body=request.POST.get("Body", ""),
        provider_id=request.POST.get("MessageSid", ""),
        opt_out_type=request.POST.get("OptOutType", ""),
    )
    return HttpResponse(EMPTY_TWIML, content_type="text/xml")


@csrf_exempt
@require_POST
def sendgrid_events(request: HttpRequest) -> HttpResponse:
    """Take in a batch of email events."""
    signature = request.headers.get("X-Twilio-Email-Event-Webhook-Signature", "")
    timestamp = request.headers.get("X-Twilio-Email-Event-Webhook-Timestamp", "")
    try:
        text = request.body[:BODY_BYTES_MAX].decode()
        checker = EventWebhook(_public_key())
        is_signed = checker.verify_signature(text, signature, timestamp)
        events = json.loads(text) if is_signed else None
    except Exception:  # noqa: BLE001  whatever is malformed about a forged request, the answer is no
        return HttpResponseForbidden()
    if not isinstance(events, list):
        return HttpResponseForbidden()
    record_email_events([event for event in events if isinstance(event, dict)])
    return HttpResponse(status=204)


def _public_key() -> str:
    if settings.SENDGRID_WEBHOOK_PUBLIC_KEY or not settings.SIMULATED_EMAIL:
        return settings.SENDGRID_WEBHOOK_PUBLIC_KEY
    return (settings.STATE_DIR / "simulator" / "sendgrid_public_key").read_text().strip()
