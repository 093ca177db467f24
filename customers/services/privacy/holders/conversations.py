"""What was said with them."""

import re
from collections.abc import Iterable, Mapping

from django.db.models import Q

from customers.models import Conversation, Message, Participant
from customers.services.privacy.blanking import blank_values
from customers.services.privacy.mentions import ERASED, mention_pattern
from customers.services.privacy.persons import PROVIDER_SOURCES
from customers.services.privacy.registry import Holder, Parts, Person


def _participants(person: Person) -> Q:
    alone = Q(conversation_id__in=person.conversation_ids)
    return alone | Q(customer_id__in=person.customer_ids) | Q(phone__in=person.phones)


def _collect(person: Person) -> Parts:
    ids = [*person.conversation_ids, *person.group_conversation_ids]
    conversations = Conversation.objects.filter(pk__in=ids).order_by("pk")
    messages = Message.objects.filter(conversation_id__in=ids).order_by("conversation_id", "occurred_at", "pk")
    people = Participant.objects.filter(_participants(person)).order_by("pk")
    return {
        "conversations": list(conversations.values("id", "source", "is_group", "last_message_at", "created_at")),
        "names_in_conversations": list(people.values("conversation_id", "name", "phone", "phone_raw")),
        "messages": list(messages.values("conversation_id", "direction", "source", "body", "occurred_at")),
    }


def _erase(person: Person) -> Mapping[str, int]:
    values = blank_values(Participant, kept=())
    participants = Participant.objects.filter(_participants(person)).update(**values)
    texts = _blank_bodies(person.conversation_ids)
    # A new text from this number begins a new conversation; what an imported takeout made keeps its key, so that importing the
    # same takeout again does not bring the texts back.
    for conversation in Conversation.objects.filter(pk__in=person.conversation_ids, source__in=PROVIDER_SOURCES):
        Conversation.objects.filter(pk=conversation.pk).update(external_key=f"erased:{person.surrogate.hex}:{conversation.pk}")
    return {"names and numbers in conversations": participants, "texts": texts, "texts of groups": _blank_group_texts(person)}


def _blank_bodies(conversation_ids: Iterable[int]) -> int:
    messages = Message.objects.filter(conversation_id__in=conversation_ids)
    return messages.update(body="", needs_review=False)


def _blank_group_texts(person: Person) -> int:
    """Blank the texts of groups that name this person; who wrote which is not known, so the rest stays with the others."""
    names = [rf"\b{re.escape(name)}\b" for name in person.names]
    pattern = "|".join(filter(None, [mention_pattern(person), *names]))
    if not pattern:
        return 0
    search = re.compile(pattern, re.IGNORECASE)
    messages = Message.objects.filter(conversation_id__in=person.group_conversation_ids)
    naming = [pk for pk, body in messages.values_list("pk", "body").iterator() if search.search(body)]
    return Message.objects.filter(pk__in=naming).update(body=ERASED)


HOLDER = Holder(
    name="conversations",
    models=frozenset({"customers.Conversation", "customers.Participant", "customers.Message"}),
    collect=_collect,
    erase=_erase,
    keeps={
        "empty messages": "how many texts went in and out, and when",
        "texts of groups that do not name them": "they belong to the others in the group, and do not say who wrote them",
    },
)
