"""Getting started: the demo business, and later the setup wizard."""

from django.apps import AppConfig


class OnboardingConfig(AppConfig):
    """Getting started."""

    name = "onboarding"
