"""Round numbers beside a chart."""


def round_step(highest: int, steps: int) -> int:
    """Return 1, 2, 2.5 or 5 times a power of ten, so that so many steps reach the highest value."""
    power = 1
    while True:
        for tenths in (10, 20, 25, 50):
            step = tenths * power // 10
            if step * 10 == tenths * power and step * steps >= highest:
                return step
        power *= 10


def short_number(number: int) -> str:
    """Return a round number as an axis has room for it: 1.5k, 2M."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:g}{letter}"
    return str(number)
