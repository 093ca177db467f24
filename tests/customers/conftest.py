"""Who looks at customers in a browser."""

import pytest
import redis
from django.conf import settings as django_settings
from django.test import Client

from tenants.accounts.models import User
from tenants.models import Tenant


@pytest.fixture
def owner(tenant: Tenant) -> Client:
    """A browser of the owner, whom no limit of an earlier test keeps waiting."""
    redis.Redis.from_url(django_settings.REDIS_URL).flushdb()
    client = Client(HTTP_HOST="shop.localhost")
    client.force_login(User.objects.get(email="owner@shop.example"))
    return client
