"""Money adds up and is written as people read it."""

from servicepro.lib.money import format_minor


def test_money_is_grouped_as_people_read_it():
    assert format_minor(485_000, "USD") == "$4,850.00"
    assert format_minor(12_345_678_900, "INR") == "₹12,34,56,789.00"
    assert format_minor(-5, "EUR") == "-€0.05"
