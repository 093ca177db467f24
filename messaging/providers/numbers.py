"""The numbers of the account, where their calls go, and the recordings of voicemails."""

from typing import Any

from django.conf import settings
from pyreqwest.exceptions import PyreqwestError
from twilio.base.exceptions import TwilioException, TwilioRestException

from messaging.providers.transport import Throttled
from messaging.providers.twilio import TwilioSms
from messaging.types import AccountNumber
from servicepro.lib.provider_address import provider_address

PAGE_SIZE, NUMBERS_MAX = 1_000, 5_000
NOT_FOUND = 404
RECORDING_BYTES_MAX = 10_000_000


class NumbersUnreadable(Exception):
    """Twilio did not do what was asked about a number; the text is short, ours, and for people."""


async def read_numbers(account: TwilioSms) -> list[AccountNumber]:
    """Return the account's numbers. Raises NumbersUnreadable."""
    found: list[AccountNumber] = []
    try:
        page: Any = await account.client.incoming_phone_numbers.page_async(page_size=PAGE_SIZE)
        while page is not None and len(found) < NUMBERS_MAX:
            found += [_number(record) for record in page]
            page = await page.next_page_async()
    except (TwilioException, PyreqwestError, OSError, ValueError) as error:
        raise NumbersUnreadable(_why(error)) from error
    return found


async def read_number(account: TwilioSms, sid: str) -> AccountNumber | None:
    """Return one of the account's numbers as it is now, None where it has no such number. Raises NumbersUnreadable."""
    try:
        return _number(await account.client.incoming_phone_numbers(sid).fetch_async())
    except TwilioRestException as error:
        if error.status == NOT_FOUND:
            return None
        raise NumbersUnreadable(_why(error)) from error
    except (TwilioException, PyreqwestError, OSError, ValueError) as error:
        raise NumbersUnreadable(_why(error)) from error


async def send_calls_to(account: TwilioSms, sid: str, voice_url: str) -> None:
    """Have a number's calls ask at `voice_url`; its texts stay as they are. Asking twice does no harm. Raises NumbersUnreadable."""
    try:
        await account.client.incoming_phone_numbers(sid).update_async(voice_url=voice_url, voice_method="POST")
    except (TwilioException, PyreqwestError, OSError, ValueError) as error:
        raise NumbersUnreadable(_why(error)) from error


async def read_recording(account: TwilioSms, sid: str) -> bytes | None:
    """Return a recording as MP3, None where it is gone. Raises NumbersUnreadable."""
    name, password = settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN
    url = provider_address(settings.TWILIO_API_BASE_URL, f"https://api.twilio.com/2010-04-01/Accounts/{name}/Recordings/{sid}.mp3")
    try:
        response = await account.transport.client.get(url).basic_auth(name, password).build().send()
        if response.status == NOT_FOUND:
            return None
        if response.status != 200:
            raise NumbersUnreadable("Twilio does not hand it out.")
        return bytes(await response.bytes())[:RECORDING_BYTES_MAX]
    except (PyreqwestError, OSError) as error:
        raise NumbersUnreadable(_why(error)) from error


def _number(record: Any) -> AccountNumber:
    able = record.capabilities or {}
    if not isinstance(able, dict):
        able = {name: getattr(able, name, False) for name in ("sms", "voice")}
    return AccountNumber(
        sid=record.sid or "",
        phone=record.phone_number or "",
        label=record.friendly_name or "",
        can_text=bool(able.get("sms")),
        can_call=bool(able.get("voice")),
        voice_url=record.voice_url or "",
    )


def _why(error: Exception) -> str:
    if isinstance(error, Throttled):
        return "Twilio asks to wait a moment."
    if isinstance(error, TwilioRestException) and error.status in (401, 403):
        return "Twilio did not accept this account's credentials."
    if isinstance(error, TwilioRestException) and error.status < 500:
        return "Twilio refused it."
    return "Twilio does not answer."
