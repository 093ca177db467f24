"""Times as people read them."""


def spell_duration(minutes: int) -> str:
    """Return how long something takes, e.g. “1 h 30 min”."""
    hours, rest = divmod(minutes, 60)
    return " ".join(part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest or not hours else "") if part)
