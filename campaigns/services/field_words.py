"""What stands against the fields in an owner's words and the template of an owner's choice, each in one sentence."""

import difflib
import re
from collections.abc import Collection, Mapping

from messaging.errors import ProviderAway, UnknownTemplate
from messaging.services import whatsapp_template
from servicepro.lib.merge_fields import split_fallback, unknown_fields

# A field that was written with one brace, or whose braces do not close: nobody would be shown a name in its place.
_HALF = re.compile(r"\{\{|\}\}")
_ONE_BRACE = re.compile(r"(?<!\{)\{\s*(\w+)\s*\}(?!\})")
_WHOLE = re.compile(r"\{\{[^{}]*\}\}")


def field_problem(text: str, allowed: Collection[str], *, with_fallbacks: bool = False) -> str:
    """Return what would stand in the text as it is where its owner means somebody's name, in one sentence; empty where nothing would."""
    if unknown := unknown_fields(text, allowed, with_fallbacks=with_fallbacks):
        return unknown_field(unknown[0], allowed)
    if (single := _ONE_BRACE.search(text)) and (meant := _nearest(single.group(1), allowed)):
        return f"{single.group()} would stand in the text as it is. Write {{{{{meant}}}}} with two braces on each side."
    if _HALF.search(_WHOLE.sub("", text)):
        return "There is {{ without its }}, or }} without its {{. Close every field, for example {{customer_name}}."
    return ""


def unknown_field(name: str, allowed: Collection[str]) -> str:
    """Say that a field cannot be filled, and which one may be meant."""
    field, own = split_fallback(name)
    if field in allowed and own is not None:
        return f"{{{{{name}}}}} cannot be filled: write one word or more after a single |, for example {{{{{field}|there}}}}."
    if nearest := _nearest(field, allowed):
        return f"We cannot fill {{{{{name}}}}}. Did you mean {{{{{nearest}}}}}?"
    return f"We cannot fill {{{{{name}}}}}. Use one of: {', '.join(sorted(allowed))}."


def _nearest(name: str, allowed: Collection[str]) -> str:
    return next(iter(difflib.get_close_matches(name.lower().replace(" ", "_"), sorted(allowed), n=1)), "")


def template_problems(content_sid: str, mapped: Mapping[str, str]) -> dict[str, str]:
    """Return {field: what is wrong} of a WhatsApp template and what stands for its numbers; nothing while the provider is away."""
    try:
        template = whatsapp_template(content_sid)
    except UnknownTemplate as error:
        return {"content_sid": error.message}
    except ProviderAway:
        return {}  # asked again before anybody is written to
    if not template.is_approved:
        return {"content_sid": f"WhatsApp has not approved the template “{template.name}”: it is {template.status}. Choose another one."}
    return _mapping_problems(template.variables, mapped)


def _mapping_problems(wanted: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    missing = [number for number in wanted if number not in given]
    extra = [number for number in given if number not in wanted]
    if missing:
        return {"content_variables": f"Choose what stands for {{{{{missing[0]}}}}} in the template."}
    return {"content_variables": f"The template has no {{{{{extra[0]}}}}}."} if extra else {}
