"""The numbers a business writes from."""

from messaging.models import Line
from messaging.types import Channel


def ensure_line(e164: str, *, channel: Channel = Channel.SMS, messages_per_second: float | None = None) -> bool:
    """Make a number the business's default line for texts or WhatsApp where it has none; return whether it was added."""
    lines = Line.objects.filter(channel=channel.value)
    if lines.filter(phone=e164).exists():
        return False
    is_first = not lines.filter(is_default=True).exists()
    Line.objects.create(channel=channel.value, phone=e164, is_default=is_first, messages_per_second=messages_per_second)
    return True
