"""The one writer of points: every change is an entry in the ledger and the balance beside it, together or not at all."""

from loyalty.selectors import describe_points, guardrails
from loyalty.services.adjustments import adjust_points
from loyalty.services.approvals import approve_adjustment, expire_adjustments, refuse_adjustment, request_adjustment
from loyalty.services.backtesting import BACK_TEST_DAYS, back_test_guardrails, register_cart_source
from loyalty.services.contact_notices import tell_old_contacts
from loyalty.services.digests import choose_weekly_digest, send_weekly_digest
from loyalty.services.grants import grant_points
from loyalty.services.merging import PointsFollow, merge_points, unmerge_points
from loyalty.services.offer_terms import create_offer, deactivate_offer, edit_offer
from loyalty.services.offers import check_offer, claim_offer, expire_offers, promise_offer, return_offer, use_offer
from loyalty.services.offers_on_bills import check_offer_revision, revise_offer, together_problem
from loyalty.services.redemption import apply_redemption, check_redemption_eligibility, coach_redemption, resting_points, reverse_redemption
from loyalty.services.revision import check_revision, revise_redemption
from loyalty.services.settings import change_guardrails, check_guardrails
from loyalty.services.verification import verify_ledger

__all__ = [
    "BACK_TEST_DAYS",
    "PointsFollow",
    "adjust_points",
    "apply_redemption",
    "approve_adjustment",
    "back_test_guardrails",
    "change_guardrails",
    "check_guardrails",
    "check_offer",
    "check_offer_revision",
    "check_redemption_eligibility",
    "check_revision",
    "choose_weekly_digest",
    "claim_offer",
    "coach_redemption",
    "create_offer",
    "deactivate_offer",
    "describe_points",
    "edit_offer",
    "expire_adjustments",
    "expire_offers",
    "grant_points",
    "guardrails",
    "merge_points",
    "promise_offer",
    "refuse_adjustment",
    "register_cart_source",
    "request_adjustment",
    "resting_points",
    "return_offer",
    "reverse_redemption",
    "revise_offer",
    "revise_redemption",
    "send_weekly_digest",
    "tell_old_contacts",
    "together_problem",
    "unmerge_points",
    "use_offer",
    "verify_ledger",
]
