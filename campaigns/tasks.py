"""Background work of campaigns."""

import logging
from contextlib import suppress

from celery import shared_task
from django_tenants.utils import tenant_context
from kombu.exceptions import OperationalError

from campaigns.errors import WrongStatus
from campaigns.selectors import campaign_by_id, cancelled_in_doubt, running_campaigns
from campaigns.services import drain, reopen_for_fallback, settle_cancelled, start_due_campaigns
from tenants.selectors import each_tenant, tenant_by_schema

logger = logging.getLogger(__name__)
DRAIN_SECONDS = 60.0


@shared_task(name="campaigns.drain_campaign")
def drain_campaign(schema: str, campaign_id: int) -> None:
    """Send a campaign for up to a minute, then let another turn begin."""
    with tenant_context(tenant_by_schema(schema)):
        try:
            result = drain(campaign_by_id(campaign_id), seconds=DRAIN_SECONDS)
        except WrongStatus:
            return  # paused, finished, or another worker has it: nothing to do here
        goes_on = result.handled and not (result.is_finished or result.paused_because or result.rests_until)
    if goes_on:
        drain_soon(schema, campaign_id)


def drain_soon(schema: str, campaign_id: int) -> None:
    """Ask a worker to begin now; where the broker is away, the beat begins within seconds of its return."""
    try:
        drain_campaign.delay(schema, campaign_id)
    except OperationalError as error:
        logger.warning("drain_not_queued campaign=%s error=%r", campaign_id, error)


@shared_task(name="campaigns.start_due")
def start_due(schema: str) -> None:
    """Make the lists of what is due in a business and start it, without waiting for the beat."""
    with tenant_context(tenant_by_schema(schema)):
        start_due_campaigns()
        for campaign in running_campaigns():
            drain_soon(schema, campaign.pk)


def start_soon(schema: str) -> None:
    """Ask a worker to start what was just requested; where the broker is away, the beat does it within seconds of its return."""
    try:
        start_due.delay(schema)
    except OperationalError as error:
        logger.warning("start_not_queued schema=%s error=%r", schema, error)


@shared_task(name="campaigns.resume_running")
def resume_running() -> None:
    """Start what is due, and take up every running campaign: what a dead worker left, what was held, what was throttled."""
    for tenant in each_tenant():
        start_due_campaigns()
        for campaign in cancelled_in_doubt():
            with suppress(WrongStatus):  # a worker still has it; next time
                settle_cancelled(campaign)
        for campaign in running_campaigns():
            drain_soon(tenant.schema_name, campaign.pk)


@shared_task(name="campaigns.hear_late")
def hear_late_failures() -> None:
    """Take up completed invitations of whom WhatsApp says only now that it cannot reach somebody, for every business."""
    for tenant in each_tenant():
        for campaign in reopen_for_fallback():
            drain_soon(tenant.schema_name, campaign.pk)
