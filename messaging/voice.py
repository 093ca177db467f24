"""Calls: the provider asks what to do next, and gets the next steps as TwiML."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from twilio.twiml.voice_response import Dial as DialVerb
from twilio.twiml.voice_response import Gather, VoiceResponse

from messaging.selectors import owns_number
from messaging.services import after_forward, answer_call, choose_option, current_plan, keep_voicemail
from messaging.services.calls import GOODBYE
from messaging.types import Ask, CallStep, Dial, HangUp, Record, Say
from messaging.webhooks import is_from_twilio

LANGUAGE = "en-US"
MENU, RECORDED, STATUS = (f"/api/webhooks/twilio/voice/{name}" for name in ("menu", "recorded", "status"))
KEY_SECONDS, RING_SECONDS, SILENCE_SECONDS, RECORDING_SECONDS_MAX = 6, 20, 5, 120


@csrf_exempt
@require_POST
def incoming(request: HttpRequest) -> HttpResponse:
    """Answer a call to one of this business's numbers."""
    if not _is_our_call(request):
        return HttpResponseForbidden()
    return _twiml(answer_call(current_plan()))


@csrf_exempt
@require_POST
def menu(request: HttpRequest) -> HttpResponse:
    """Do what the key stands for that a caller pressed."""
    if not _is_our_call(request):
        return HttpResponseForbidden()
    text = request.GET.get("attempt", "")
    attempt = int(text[:2]) if text.isascii() and text.isdecimal() else 1
    return _twiml(choose_option(current_plan(), digit=request.POST.get("Digits", ""), attempt=attempt))


@csrf_exempt
@require_POST
def forwarded(request: HttpRequest) -> HttpResponse:
    """Go on after a call was put through: to the voicemail where nobody took it."""
    if not _is_our_call(request):
        return HttpResponseForbidden()
    return _twiml(after_forward(current_plan(), request.POST.get("DialCallStatus", "")))


@csrf_exempt
@require_POST
def recorded(request: HttpRequest) -> HttpResponse:
    """Keep a voicemail; Twilio asks here too where the caller has hung up."""
    if not _is_our_call(request):
        return HttpResponseForbidden()
    seconds = request.POST.get("RecordingDuration", "")
    keep_voicemail(
        recording_sid=request.POST.get("RecordingSid", ""),
        caller=request.POST.get("From", ""),
        seconds=int(seconds) if seconds.isascii() and seconds.isdecimal() else 0,
    )
    return _twiml([Say(GOODBYE), HangUp()])


def _is_our_call(request: HttpRequest) -> bool:
    return is_from_twilio(request) and owns_number(request.POST.get("To", ""))


def _twiml(steps: Sequence[CallStep]) -> HttpResponse:
    answer = VoiceResponse()
    for step in steps:
        match step:
            case Say(words):
                answer.say(words, language=LANGUAGE)
            case Ask(words, attempt):
                # Without a key pressed Twilio asks as well, so that silence is answered like a wrong key.
                keys = Gather(
                    num_digits=1, timeout=KEY_SECONDS, action=f"{MENU}?attempt={attempt}", method="POST", action_on_empty_result=True
                )
                keys.say(words, language=LANGUAGE)
                answer.append(keys)
            case Dial(to):
                through = DialVerb(action=STATUS, method="POST", timeout=RING_SECONDS, answer_on_bridge=True)
                through.number(to)
                answer.append(through)
            case Record(words):
                answer.say(words, language=LANGUAGE)
                answer.record(action=RECORDED, method="POST", max_length=RECORDING_SECONDS_MAX, timeout=SILENCE_SECONDS, transcribe=False)
                answer.say(GOODBYE, language=LANGUAGE)  # heard where nothing was said
            case HangUp():
                answer.hangup()
    return HttpResponse(str(answer), content_type="text/xml")
