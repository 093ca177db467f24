"""Background work of the points ledger and of welcome offers."""

import logging

from celery import shared_task

from loyalty.insights.figures import forget_figures, refresh_figures
from loyalty.services import expire_adjustments, expire_offers, send_weekly_digest, tell_old_contacts, verify_ledger
from tenants.selectors import each_tenant

logger = logging.getLogger(__name__)


@shared_task(name="loyalty.verify_ledgers")
def verify_ledgers() -> None:
    """Prove that the points of every business add up; a drift is an alarm in the log, and totals that are wrong are made anew."""
    for tenant in each_tenant():
        proof = verify_ledger()
        if not proof.totals_add_up:
            forget_figures()
        logger.info("loyalty_ledger_verified tenant=%s entries=%s drifts=%s", tenant.schema_name, proof.entries, len(proof.drifts))


@shared_task(name="loyalty.refresh_figures")
def refresh_every_business() -> None:
    """Keep what points add up to, for each business that took in many entries since."""
    for tenant in each_tenant():
        refresh_figures(tenant.time_zone)


@shared_task(name="loyalty.tell_old_contacts")
def tell_old_contacts_everywhere() -> None:
    """Tell every address that was replaced, in each business."""
    for _tenant in each_tenant():
        tell_old_contacts()


@shared_task(name="loyalty.expire_adjustments")
def expire_adjustments_everywhere() -> None:
    """Let wishes for points by hand go that nobody decided on in time."""
    for _tenant in each_tenant():
        expire_adjustments()


@shared_task(name="loyalty.send_digests")
def send_digests() -> None:
    """Send the week's adjustments to the owners of each business where it is due."""
    for _tenant in each_tenant():
        send_weekly_digest()


@shared_task(name="loyalty.expire_offers")
def expire_offers_everywhere() -> None:
    """Write down in each business which welcome offers ran out without a use."""
    for tenant in each_tenant():
        if expired := expire_offers():
            logger.info("loyalty_offers_expired tenant=%s codes=%s", tenant.schema_name, expired)
