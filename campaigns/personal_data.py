"""What campaigns hold about a person: the copy of their name and addresses on each list, and what became of it."""

import datetime
from collections.abc import Iterable, Mapping

from django.db.models import Q
from django.utils import timezone

from campaigns.models import Campaign, Segment, Target
from campaigns.services.drain import is_draining
from customers.errors import CannotErase
from customers.services import Holder, Parts, Person, blank_values
from messaging.selectors import delivery_statuses, ledger_rows, ledger_tag
from messaging.types import Channel

KEPT = {
    *("phone_channel", "sms_status", "sms_reason", "sms_attempt_id", "sms_sid", "email_status", "email_reason", "email_attempt_id"),
    *("points_granted", "points_reason", "summary_logged", "created_at", "updated_at"),
}
NOT_TOLD = {"id", "campaign", "customer", "summary_logged"}
CHANNELS = (Channel.SMS, Channel.EMAIL)
ON_ITS_WAY = datetime.timedelta(minutes=10)  # an answer that has not come by then is asked for in the provider's log, not waited for
ERASED = "erased"


def _targets(person: Person) -> Q:
    return Q(customer_id__in=person.customer_ids) | Q(phone__in=person.phones) | Q(email__in=person.emails, customer=None)


def _collect(person: Person) -> Parts:
    targets = list(Target.objects.filter(_targets(person)).select_related("campaign").order_by("pk"))
    attempts = [target.sms_attempt_id for target in targets if target.sms_attempt_id]
    delivered = delivery_statuses(Channel.SMS.value, attempts) | delivery_statuses(Channel.WHATSAPP.value, attempts)
    columns = [
        field.name for field in Target._meta.local_concrete_fields if field.name not in ("id", "campaign", "customer", "summary_logged")
    ]
    return {
        "campaigns": [
            {
                "campaign": target.campaign.name,
                "sms_delivery": delivered.get(target.sms_attempt_id, "") if target.sms_attempt_id else "",
                **{column: getattr(target, column) for column in columns},
            }
            for target in targets
        ]
    }


def _erase(person: Person) -> Mapping[str, int]:
    targets = Target.objects.filter(_targets(person))
    list(targets.select_for_update().order_by("pk").values_list("pk", flat=True))  # nobody takes them to be sent from here on
    for channel in CHANNELS:
        _settle(targets.filter(**{f"{channel.value}_status": Target.Outcome.IN_DOUBT}).select_related("campaign"), channel)
        waiting = targets.filter(**{f"{channel.value}_status__in": [Target.Outcome.PENDING, Target.Outcome.HELD]})
        waiting.update(**_outcome(channel, Target.Outcome.SKIPPED, ERASED))
    return {
        "names and addresses on campaign lists": targets.update(**blank_values(Target, kept=KEPT), updated_at=timezone.now()),
        "names of segments": _rename_segments(person),
    }


def _rename_segments(person: Person) -> int:
    """Call segments that are named after this person by their number: their names are unique, and an erased name is the same for all."""
    traces = [_folded(text) for text in (*person.lone_names, *person.emails, *person.phones)]
    named = [segment for segment in Segment.objects.all() if any(trace in _folded(segment.name) for trace in traces)]
    for segment in named:
        Segment.objects.filter(pk=segment.pk).update(name=f"Segment {segment.pk} (renamed)", updated_at=timezone.now())
    return len(named)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _settle(in_doubt: Iterable[Target], channel: Channel) -> None:
    """Write down what the ledger knows while the address is still there to ask with. Raises CannotErase."""
    for target in in_doubt:
        address = target.phone if channel is Channel.SMS else target.email
        way = target.phone_channel if channel is Channel.SMS else channel.value
        tag = ledger_tag(way, address) if address else ""
        row = ledger_rows(way, target.campaign.key, [tag]).get(tag)
        state = row.state if row else ""
        is_flying = state == "claimed" and row and row.attempted_at > timezone.now() - ON_ITS_WAY
        if is_flying or (state == "" and is_draining(target.campaign)):
            raise CannotErase(f"A message of “{target.campaign.name}” is on its way to this person. Try again in a few minutes.")
        outcome = {"sent": Target.Outcome.SENT, "rejected": Target.Outcome.FAILED, "claimed": Target.Outcome.FAILED}
        Target.objects.filter(pk=target.pk).update(**_outcome(channel, outcome.get(state, Target.Outcome.SKIPPED), ERASED))


def _outcome(channel: Channel, status: str, reason: str) -> dict[str, str]:
    name = channel.value
    return {f"{name}_status": status, f"{name}_reason": "" if status == Target.Outcome.SENT else reason}


HOLDER = Holder(
    name="campaigns",
    models=frozenset({f"campaigns.{Campaign.__name__}", "campaigns.Segment", "campaigns.Target"}),
    collect=_collect,
    erase=_erase,
    keeps={"what became of each message, without name and address": "the numbers of a campaign must add up"},
)
