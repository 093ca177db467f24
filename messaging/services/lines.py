"""The numbers a business texts from."""

from messaging.models import Line


def ensure_line(e164: str, *, messages_per_second: float | None = None) -> bool:
    """Make a number the business's default texting line where it has none; return whether it was added."""
    if Line.objects.filter(channel=Line.Channel.SMS, phone=e164).exists():
        return False
    is_first = not Line.objects.filter(channel=Line.Channel.SMS, is_default=True).exists()
    Line.objects.create(phone=e164, is_default=is_first, messages_per_second=messages_per_second)
    return True
