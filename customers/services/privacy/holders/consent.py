"""What they allowed, and the keyed hash of an address that must not be written to."""

from collections.abc import Mapping

from django.db.models import Q

from customers.models import ConsentChange, ConsentEvent, Customer, SoftBounce, Suppression
from customers.services.privacy.registry import Holder, Parts, Person

ERASED_REASON = "erased_after_opt_out"
PHONE_CHANNELS = (Suppression.Channel.SMS.value, Suppression.Channel.WHATSAPP.value)


def _events(person: Person) -> Q:
    return Q(customer_id__in=person.customer_ids) | Q(address_tag__in=[*person.phone_tags, *person.email_tags])


def _collect(person: Person) -> Parts:
    events = ConsentEvent.objects.filter(_events(person)).order_by("created_at", "pk")
    blocks = Suppression.objects.filter(address_tag__in=[*person.phone_tags, *person.email_tags]).order_by("pk")
    changes = ConsentChange.objects.filter(record_id__in=person.customer_ids).order_by("at", "pk")
    return {
        "consent": list(events.values("channel", "action", "source", "wording", "given_at", "actor", "created_at")),
        "consent_changes": list(changes.values("record_id", "changes", "source", "actor", "at")),
        "soft_bounces": list(SoftBounce.objects.filter(address_tag__in=person.email_tags).order_by("pk").values("created_at")),
        "suppressions": list(blocks.values("channel", "reason", "created_at", "lifted_at")),
    }


def _erase(person: Person) -> Mapping[str, int]:
    """Keep a suppression for every channel they ever refused, and take the address away from the consent events.

    An old permission must not be found again by the address when somebody brings it back; an old refusal must.
    """
    kept = 0
    for channel, tags in _refused(person).items():
        for tag in tags:
            Suppression.objects.get_or_create(channel=channel, address_tag=tag, lifted_at=None, defaults={"reason": ERASED_REASON})
            kept += 1
            # Undoing a list lifts what the list alone had said; from now on this is the person's own.
            of_list = Suppression.objects.filter(channel=channel, address_tag=tag, lifted_at=None, reason__startswith="import:")
            of_list.update(reason=ERASED_REASON)
    SoftBounce.objects.filter(address_tag__in=person.email_tags).delete()
    events = ConsentEvent.objects.filter(_events(person)).update(address_tag=person.surrogate.hex)
    return {"addresses of consent events": events, "suppressions that stay": kept}


def _refused(person: Person) -> dict[str, set[str]]:
    """Return {channel: tags} for what this person ever said no to, by an event, a flag or a block that was lifted since."""
    tags = {
        **{channel: set(person.phone_tags) for channel in PHONE_CHANNELS},
        Suppression.Channel.EMAIL.value: set(person.email_tags),
    }
    refused: dict[str, set[str]] = {channel: set() for channel in tags}
    events = ConsentEvent.objects.filter(_events(person), action=ConsentEvent.Action.WITHDRAWN)
    for channel in events.values_list("channel", flat=True):
        refused[channel] |= tags[channel]
    every_tag = [*person.phone_tags, *person.email_tags]
    for channel, tag in Suppression.objects.filter(address_tag__in=every_tag).values_list("channel", "address_tag"):
        refused[channel].add(tag)
    for record in Customer.objects.filter(pk__in=person.customer_ids):
        if record.opted_out or record.gdpr_marketing_consent is False:
            refused = {channel: set(tags[channel]) for channel in tags}
        if record.sms_opt_out or record.sms_consent is False:
            refused[Suppression.Channel.SMS.value] |= tags[Suppression.Channel.SMS.value]
        if record.whatsapp_consent is False:
            refused[Suppression.Channel.WHATSAPP.value] |= tags[Suppression.Channel.WHATSAPP.value]
        if record.email_opt_out:
            refused[Suppression.Channel.EMAIL.value] |= tags[Suppression.Channel.EMAIL.value]
    return refused


HOLDER = Holder(
    name="consent",
    models=frozenset({"customers.ConsentChange", "customers.ConsentEvent", "customers.SoftBounce", "customers.Suppression"}),
    collect=_collect,
    erase=_erase,
    keeps={
        "consent events, without the address": "proof of what was allowed when, under the surrogate",
        "changes of consent": "the same, by the number of the record",
        "suppressions, as a keyed hash": "who ever asked not to be written to is not written to again, also when a list brings them back",
    },
)
