"""The brand: registered once, corrected three times at most."""

import logging

from a2p.models import Brand
from a2p.providers.results import BrandState, Problem, Refused
from a2p.services.attempts import DONE
from a2p.services.bundles import refuse_rejected_bundles
from a2p.services.outcomes import ReviewRefused, explained
from a2p.services.work import Thing, Work, ensure
from servicepro.lib.tenancy import connection

logger = logging.getLogger(__name__)
APPROVED, FAILED, SUSPENDED = "APPROVED", "FAILED", "SUSPENDED"
WAITING = {"PENDING", "IN_REVIEW"}
CORRECTIONS_MAX, NO_MORE_CORRECTIONS, IS_SUSPENDED = 3, 21724, 21731


def ensure_brand(work: Work) -> BrandState:
    """Return the brand as it stands, registered if it was not, corrected if it had failed before. Raises ReviewRefused."""
    registry, brand = work.registry, work.brand
    bundles = brand.customer_profile_sid, brand.trust_product_sid
    thing = Thing("brand", brand, "twilio_brand_sid", lambda: registry.brand_of(*bundles), lambda: registry.create_brand(*bundles))
    had_failed = brand.brand_status == FAILED
    if not brand.twilio_brand_sid:
        refuse_rejected_bundles(work)
    sid = ensure(work, thing)
    state = registry.brand(sid)
    if state.status == FAILED and had_failed and work.enter("brand-correction"):
        state = _correct(work, sid)
    hear_brand(brand, state)
    return state


def hear_brand(brand: Brand, state: BrandState) -> None:
    """Keep what the provider says of the brand. Raises ReviewRefused where it cannot be used."""
    brand.brand_status, brand.identity_status, brand.tcr_id = state.status[:24], state.identity_status[:24], state.tcr_id[:16]
    brand.rejections = explained(state.problems)
    brand.save(update_fields=["brand_status", "identity_status", "tcr_id", "rejections", "corrections", "updated_at"])
    if state.status == FAILED:
        raise ReviewRefused(state.problems, on_brand=True)
    if state.status == SUSPENDED:
        raise ReviewRefused(state.problems or (Problem(IS_SUSPENDED),), on_brand=True, word="suspended")
    if state.status not in {APPROVED, *WAITING}:
        logger.warning("a2p_unknown_brand_status tenant=%s status=%s", connection.schema_name, state.status[:24])


def _correct(work: Work, sid: str) -> BrandState:
    brand = work.brand
    if brand.corrections >= CORRECTIONS_MAX:
        raise ReviewRefused((Problem(NO_MORE_CORRECTIONS),), on_brand=True)
    try:
        state = work.registry.resubmit_brand(sid)
    except Refused as refusal:
        if refusal.code in (NO_MORE_CORRECTIONS, IS_SUSPENDED):
            raise ReviewRefused((Problem(refusal.code),), on_brand=True) from refusal
        raise
    brand.corrections += 1
    brand.save(update_fields=["corrections", "updated_at"])
    work.note(DONE, sid=sid)
    return state
