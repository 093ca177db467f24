"""Everything that sends, claims, settles, or hears from a provider."""

from messaging.services.callbacks import read_address, read_attempt, record_email_events, record_message_status
from messaging.services.calls import after_forward, answer_call, choose_option, current_plan, keep_voicemail
from messaging.services.claims import record_sms_attempt, release_rejected, release_undelivered
from messaging.services.copy_removal import ask_for_email_removal, ask_for_removal, remove_provider_copies
from messaging.services.delivery import begin_delivery, deliver, finish_delivery
from messaging.services.inbound import receive_text
from messaging.services.lines import ensure_line
from messaging.services.numbers import (
    account_numbers,
    call_address,
    import_numbers,
    make_primary,
    refuse_service_of_another,
    refuse_taken,
    request_number,
    settle_number_request,
    take_calls,
    voicemail_recording,
)
from messaging.services.pacing import batch_allowance
from messaging.services.reconciliation import reconcile_sends
from messaging.services.routing import Choice, Routing, check_routing, save_routing
from messaging.services.templates import whatsapp_template, whatsapp_template_shown, whatsapp_templates
from messaging.services.us_texting import set_us_texting

__all__ = [
    "Choice",
    "Routing",
    "account_numbers",
    "after_forward",
    "answer_call",
    "ask_for_email_removal",
    "ask_for_removal",
    "batch_allowance",
    "begin_delivery",
    "call_address",
    "check_routing",
    "choose_option",
    "current_plan",
    "deliver",
    "ensure_line",
    "finish_delivery",
    "import_numbers",
    "keep_voicemail",
    "make_primary",
    "read_address",
    "read_attempt",
    "receive_text",
    "reconcile_sends",
    "record_email_events",
    "record_message_status",
    "record_sms_attempt",
    "refuse_service_of_another",
    "refuse_taken",
    "release_rejected",
    "release_undelivered",
    "remove_provider_copies",
    "request_number",
    "save_routing",
    "set_us_texting",
    "settle_number_request",
    "take_calls",
    "voicemail_recording",
    "whatsapp_template",
    "whatsapp_template_shown",
    "whatsapp_templates",
]
