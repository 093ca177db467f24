"""Staff users and the audit trail of what they did; in every schema, platform staff in public."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Staff users and their audit trail."""

    name = "tenants.accounts"
    label = "accounts"
    verbose_name = "Team"
