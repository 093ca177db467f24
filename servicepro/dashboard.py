"""The admin's front page and menu."""

from typing import Any

from django.http import HttpRequest
from django_tenants.utils import get_public_schema_name

from campaigns.selectors import recent_campaigns
from customers.selectors import customer_count
from servicepro.lib.tenancy import connection
from tenants.selectors import current_tenant


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the menu: work first, records after; only what this person may open."""
    if connection.schema_name == get_public_schema_name():
        businesses = {"title": "Businesses", "icon": "storefront", "link": "/admin/tenants/tenant/"}
        operators = {"title": "Operators", "icon": "group", "link": "/admin/accounts/user/"}
        return [{"title": "Platform", "items": [businesses, operators]}]
    work = [{"title": "Overview", "icon": "home", "link": "/admin/"}]
    if getattr(request.user, "is_owner", False):
        work.append({"title": "Setup wizard", "icon": "checklist", "link": "/setup-wizard/"})
    if request.user.has_perm("bookings.view_booking"):
        work.append({"title": "Appointments", "icon": "calendar_month", "link": "/admin/bookings/day/"})
    if getattr(request.user, "is_owner", False):
        work.append({"title": "Import customers", "icon": "upload_file", "link": "/admin/customers/import/"})
        work.append({"title": "People from lists", "icon": "contacts", "link": "/admin/customers/imported/"})
        work.append({"title": "Same person?", "icon": "group", "link": "/admin/merges/"})
        work.append({"title": "Somebody's data", "icon": "policy", "link": "/admin/privacy/"})
    if request.user.has_perm("campaigns.view_campaign"):
        work.append({"title": "Invitations", "icon": "mail", "link": "/admin/invitations/"})
    if getattr(request.user, "is_owner", False):
        work.append({"title": "Messages", "icon": "forward_to_inbox", "link": "/admin/messages/"})
        work.append({"title": "Port recovery", "icon": "sms", "link": "/admin/port-recovery/"})
        work.append({"title": "Calls and numbers", "icon": "phone_in_talk", "link": "/admin/ivr-config/"})
    if request.user.has_perm("campaigns.view_campaign"):
        work.append({"title": "Onboarding analytics", "icon": "monitoring", "link": "/admin/onboarding-analytics/"})
    if request.user.has_perm("loyalty.view_pointstransaction"):
        work.append({"title": "Loyalty insights", "icon": "insights", "link": "/admin/loyalty-insights/"})
    if getattr(request.user, "is_owner", False):
        work.append({"title": "Loyalty settings", "icon": "tune", "link": "/admin/loyalty-settings/"})
        work.append({"title": "Welcome offers", "icon": "redeem", "link": "/admin/welcome-offers/"})
    every_record = [
        ("customers.view_customer", {"title": "Customers", "icon": "person", "link": "/admin/customers/customer/"}),
        ("bookings.view_place", {"title": "Places and hours", "icon": "storefront", "link": "/admin/bookings/place/"}),
        ("bookings.view_service", {"title": "Services", "icon": "sell", "link": "/admin/bookings/service/"}),
        ("messaging.view_line", {"title": "Texting lines", "icon": "call", "link": "/admin/messaging/line/"}),
        (
            "business.view_businesssettings",
            {"title": "Business settings", "icon": "settings", "link": "/admin/business/businesssettings/"},
        ),
        ("accounts.view_user", {"title": "Team", "icon": "group", "link": "/admin/accounts/user/"}),
        (
            "customers.view_personaldataaccess",
            {"title": "Looks at people", "icon": "visibility", "link": "/admin/customers/personaldataaccess/"},
        ),
        ("accounts.view_auditentry", {"title": "Audit trail", "icon": "history", "link": "/admin/accounts/auditentry/"}),
    ]
    records = [item for permission, item in every_record if request.user.has_perm(permission)]
    if getattr(request.user, "is_owner", False):
        records.append({"title": "Registration for texting", "icon": "verified", "link": "/settings/a2p/"})
        records.append({"title": "API keys", "icon": "key", "link": "/admin/api-keys/"})
    return [{"title": "Work", "items": work}, {"title": "Records", "items": records}]


def dashboard_context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return what the front page shows."""
    if connection.schema_name == get_public_schema_name():
        return {**context, "title": "Platform", "customer_count": None}
    return {**context, "title": current_tenant().name, "customer_count": customer_count(), "campaigns": recent_campaigns()}
