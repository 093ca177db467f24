"""How campaign pages say numbers and reasons."""

from django import template

from campaigns.links import campaign_link
from campaigns.wording import reason_label
from servicepro.lib.money import format_minor

register = template.Library()
register.filter("because", reason_label)
register.simple_tag(campaign_link)


@register.filter
def money(amount: int, currency: str) -> str:
    """Say an amount in minor units."""
    return format_minor(amount, currency)


@register.filter
def micros(amount: int, currency: str) -> str:
    """Say an amount in millionths; what is less than a few of the smallest units keeps its fraction."""
    if amount >= 100_000:
        return format_minor(-(-amount // 10_000), currency)
    return format_minor(0, currency).replace("0.00", f"{amount / 1_000_000:.4f}")


@register.filter
def grouped(number: int) -> str:
    """Say a number with its thousands apart."""
    return f"{number:,}"
