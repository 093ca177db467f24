"""The hasher of production at a hundredth of its price."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2(Argon2PasswordHasher):
    """Argon2 as everywhere; a hash says what it cost, so the web server of the browser's tests, which pays the full price, reads it."""

    time_cost, memory_cost, parallelism = 1, 64, 1
