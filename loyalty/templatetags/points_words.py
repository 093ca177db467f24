"""How pages say numbers of points."""

from django import template

register = template.Library()


@register.filter
def grouped(points: int) -> str:
    """Say a number with its thousands apart: 12,500."""
    return f"{points:,}"


@register.filter
def signed(points: int) -> str:
    """Say a number with its sign: +500, -120."""
    return f"{points:+,}"
