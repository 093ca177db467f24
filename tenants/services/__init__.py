"""Create businesses, guard the owner's pages, and record what people do."""

from tenants.services.business import describe_business, introduce_platform
from tenants.services.provisioning import owner_required, provision_tenant, record_action
from tenants.services.schema_template import refresh_template, replay_template, template_definition

__all__ = [
    "describe_business",
    "introduce_platform",
    "owner_required",
    "provision_tenant",
    "record_action",
    "refresh_template",
    "replay_template",
    "template_definition",
]
