"""How the ledger's entries are said to people."""

_REASONS = {
    "customers_merged": "Points of two records brought together",
    "merge_undone": "Points of two records taken apart again",
}


def entry_label(kind: str, points: int) -> str:
    """Say in one word what an entry did."""
    if kind == "REVERSE":
        return "Returned" if points > 0 else "Taken back"
    return {"EARN": "Earned", "REDEEM": "Redeemed"}.get(kind, "Adjusted")


def entry_description(reason: str) -> str:
    """Say why an entry was made; a code such as “port_recovery_500_points” becomes words, a sentence stays as it is."""
    if reason in _REASONS:
        return _REASONS[reason]
    if " " in reason or "_" not in reason:
        return reason
    words = reason.replace("_", " ")
    return words[:1].upper() + words[1:]
