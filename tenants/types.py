"""What other apps may name of the team and the business."""

from tenants.accounts.models import User
from tenants.business.models import BusinessSettings
from tenants.models import Tenant

UnknownConsent = BusinessSettings.UnknownConsent

__all__ = ["BusinessSettings", "Tenant", "UnknownConsent", "User"]
