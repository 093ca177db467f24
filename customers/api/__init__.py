"""The JSON API about customers."""

from customers.api.imports import router

__all__ = ["router"]
