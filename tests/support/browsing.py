"""A browser of somebody who works for a business, without the form of signing in."""

from django.test import Client

from tenants.accounts.models import User


def signed_in(email: str = "owner@shop.example", host: str = "shop.localhost") -> Client:
    """Return a client with that colleague's session."""
    client = Client(HTTP_HOST=host)
    client.force_login(User.objects.get(email=email), backend="django.contrib.auth.backends.ModelBackend")
    return client
