"""The JSON API about messaging campaigns."""

from campaigns.api_messaging.routes import router

__all__ = ["router"]
