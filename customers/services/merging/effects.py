"""What other apps do when two records become one person; they register it when they are loaded, since imports point downward."""

from typing import Protocol

from customers.models import CustomerMerge
from customers.types import MergedPair


class MergeEffect(Protocol):
    """A part of a person that lives in another app.

    Both methods run inside the merge's transaction with both customer rows locked, and answer with sentences for the owner that
    name nobody.
    """

    def merged(self, pair: MergedPair) -> list[str]:
        """Bring the gone record's part to the kept one, once however often it is called."""
        ...

    def unmerged(self, pair: MergedPair) -> list[str]:
        """Bring it back, once however often it is called."""
        ...


_effects: list[MergeEffect] = []


def register_merge_effect(effect: MergeEffect) -> None:
    """Let an app take part in every merge from now on; a second registration of one class changes nothing."""
    if not any(type(known) is type(effect) for known in _effects):
        _effects.append(effect)


def tell_merged(merge: CustomerMerge) -> list[str]:
    """Let everybody who registered do their part of a merge; return what they say."""
    return [sentence for effect in _effects for sentence in effect.merged(_pair(merge))]


def tell_unmerged(merge: CustomerMerge) -> list[str]:
    """Let everybody who registered take their part of a merge back; return what they say."""
    return [sentence for effect in _effects for sentence in effect.unmerged(_pair(merge))]


def _pair(merge: CustomerMerge) -> MergedPair:
    return MergedPair(merge.pk, merge.kept_id, merge.gone_id)
