"""Money as people read it: integers of the smallest unit in, words out."""

_SYMBOLS = {"USD": "$", "INR": "₹", "EUR": "€", "GBP": "£"}


def format_minor(amount: int, currency: str) -> str:
    """Return an amount in minor units (cents, paise) as text, e.g. 485000 USD → "$4,850.00"; rupees group by lakh."""
    whole, rest = divmod(abs(amount), 100)
    digits = _lakh(whole) if currency == "INR" else f"{whole:,}"
    return f"{'-' if amount < 0 else ''}{_SYMBOLS.get(currency, currency + ' ')}{digits}.{rest:02d}"


def short_minor(amount: int, currency: str) -> str:
    """Return an amount as it is said in a sentence: 7500 USD → "$75", 1250 USD → "$12.50"."""
    return format_minor(amount, currency).removesuffix(".00")


def _lakh(whole: int) -> str:
    text = str(whole)
    head, tail = text[:-3], text[-3:]
    groups: list[str] = []
    while head:
        groups.insert(0, head[-2:])
        head = head[:-2]
    return ",".join([*groups, tail])
