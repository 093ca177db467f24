"""What a customer can do from a link in a message."""

from customers.services import suppress


def unsubscribe_email(*, target_id: int, email: str | None) -> bool:
    """Stop emails to the address this link was sent to; return whether that was news. A second time changes nothing."""
    if not email:
        return False
    return suppress(channel="email", address=email, reason="unsubscribe", event_key=f"unsubscribe:target:{target_id}")
