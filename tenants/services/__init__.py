"""Create businesses, guard the owner's pages, and record what people do."""

from tenants.services.api_access import Caller, api_access, count_api_request, count_stranger, is_forged
from tenants.services.api_tokens import create_api_token, live_api_tokens, revoke_api_token
from tenants.services.business import describe_business, introduce_platform
from tenants.services.personal_data import blank_admin_history, blank_audit_texts
from tenants.services.provisioning import owner_required, provision_tenant, record_action
from tenants.services.schema_template import refresh_template, replay_template, template_definition

__all__ = [
    "Caller",
    "api_access",
    "blank_admin_history",
    "blank_audit_texts",
    "count_api_request",
    "count_stranger",
    "create_api_token",
    "describe_business",
    "introduce_platform",
    "is_forged",
    "live_api_tokens",
    "owner_required",
    "provision_tenant",
    "record_action",
    "refresh_template",
    "replay_template",
    "revoke_api_token",
    "template_definition",
]
