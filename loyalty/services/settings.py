"""The owner's decisions about using points: checked, kept and audited."""

from django.db import transaction

from loyalty.errors import BadGuardrails
from loyalty.selectors import guardrails
from loyalty.types import Guardrails
from tenants.selectors import BusinessSettings, User
from tenants.services import record_action

MONEY_MINOR_MAX, POINT_VALUE_MINOR_MAX, MESSAGE_CHARACTERS_MAX = 100_000_000, 10_000, 240


def change_guardrails(new: Guardrails, *, actor: User | None) -> bool:
    """Keep what the owner decided about using points; return whether anything changed. Audited. Raises BadGuardrails.

    The currency is the business's own and stays. What was used before keeps the worth it had.
    """
    check_guardrails(new)
    with transaction.atomic():
        BusinessSettings.objects.get_or_create(pk=1)
        BusinessSettings.objects.select_for_update().get(pk=1)
        old = guardrails()
        changes = {name: [getattr(old, name), getattr(new, name)] for name in _COLUMNS if getattr(old, name) != getattr(new, name)}
        if changes:
            BusinessSettings.objects.filter(pk=1).update(**{_COLUMNS[name]: value for name, (_was, value) in changes.items()})
            record_action(actor, "loyalty_settings_changed", "business", **changes)
    return bool(changes)


_COLUMNS = {
    "min_cart_total_minor": "loyalty_min_cart_total",
    "require_core_service": "loyalty_require_core_service",
    "message": "loyalty_guardrail_message",
    "point_value_minor": "point_value_minor",
    "may_stack": "loyalty_may_stack",
}


def check_guardrails(new: Guardrails) -> None:
    """Raise BadGuardrails where they cannot be kept, with a sentence for each field that is wrong."""
    wrong = {}
    if not 0 <= new.min_cart_total_minor <= MONEY_MINOR_MAX:
        wrong["min_cart_total_minor"] = f"The smallest bill is between 0 and {MONEY_MINOR_MAX // 100:,}."
    if not 1 <= new.point_value_minor <= POINT_VALUE_MINOR_MAX:
        wrong["point_value_minor"] = f"A point is worth between 0.01 and {POINT_VALUE_MINOR_MAX // 100}."
    if len(new.message) > MESSAGE_CHARACTERS_MAX:
        wrong["message"] = f"The message is longer than {MESSAGE_CHARACTERS_MAX} characters."
    if wrong:
        raise BadGuardrails(" ".join(wrong.values()), fields=wrong)
