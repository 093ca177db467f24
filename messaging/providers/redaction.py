"""Take away what Twilio keeps of a message: its record with number and text, or where that is refused, the text.

Deleting twice does no harm, so unlike sending every unclear answer may be tried again.
"""

import asyncio
from collections.abc import Sequence

from twilio.base.exceptions import TwilioRestException

from messaging.providers.results import Removal, RemovalAnswer
from messaging.providers.transport import Throttled
from messaging.providers.twilio import TwilioSms

CALLS_AT_ONCE = 8
ON_ITS_WAY_CODE = 20009
RECORDING = "RE"  # how the id of a voicemail begins: it can only be deleted whole
STOPPING = {Removal.LATER, Removal.ACCOUNT}


async def remove_messages(account: TwilioSms, sids: Sequence[str]) -> list[RemovalAnswer]:
    """Remove each message's copy, a few at a time; after an account error or throttling the rest is not asked at all."""
    answers: list[RemovalAnswer] = []
    queue = iter(sids)
    stopped = asyncio.Event()

    async def work() -> None:
        for sid in queue:
            if stopped.is_set():
                answers.append(RemovalAnswer(sid, Removal.LATER, "not asked"))
                continue
            answer = await _remove(account, sid)
            if answer.stops_everything:
                stopped.set()
            answers.append(answer)

    await asyncio.gather(*(work() for _ in range(min(CALLS_AT_ONCE, len(sids)))))
    return answers


async def _remove(account: TwilioSms, sid: str) -> RemovalAnswer:
    if sid.startswith(RECORDING):
        return await _remove_recording(account, sid)
    message = account.client.messages(sid)
    try:
        await message.delete_async()
    except Exception as error:  # noqa: BLE001  whatever broke, this message gets an answer and the rest go on
        answer = sort_answer(sid, error)
        if answer.removal is not Removal.REFUSED:
            return answer
    else:
        return RemovalAnswer(sid, Removal.DELETED)
    try:
        await message.update_async(body="")
    except Exception as error:  # noqa: BLE001  as above
        return sort_answer(sid, error)
    return RemovalAnswer(sid, Removal.REDACTED)


async def _remove_recording(account: TwilioSms, sid: str) -> RemovalAnswer:
    try:
        await account.client.recordings(sid).delete_async()
    except Exception as error:  # noqa: BLE001  as above
        return sort_answer(sid, error)
    return RemovalAnswer(sid, Removal.DELETED)


def sort_answer(sid: str, error: Exception) -> RemovalAnswer:
    """Sort whatever a call raised: gone already, try later, mend the account, or refused for good."""
    if isinstance(error, Throttled):
        return RemovalAnswer(sid, Removal.LATER, "429", stops_everything=True, wait_seconds=error.retry_after_seconds)
    if not isinstance(error, TwilioRestException):
        return RemovalAnswer(sid, Removal.LATER, type(error).__name__)
    status, code = error.status, str(error.code or error.status)
    if status == 404:
        return RemovalAnswer(sid, Removal.ABSENT, code)
    if status in (401, 403):
        return RemovalAnswer(sid, Removal.ACCOUNT, code, stops_everything=True)
    if status == 429:
        return RemovalAnswer(sid, Removal.LATER, code, stops_everything=True)
    if status >= 500 or status < 400 or status == 409 or error.code == ON_ITS_WAY_CODE:
        return RemovalAnswer(sid, Removal.LATER, code)
    return RemovalAnswer(sid, Removal.REFUSED, code)
