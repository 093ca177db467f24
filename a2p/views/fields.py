"""Fields with what a reviewer would say of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.forms import BoundField

from a2p.forms import RegistrationForm
from a2p.types import Finding


@dataclass(slots=True)
class Hints:
    """The findings of one place on a page, `name` being the id of the field there."""

    name: str
    found: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ShownField:
    """A field of a form and the findings about it."""

    bound: BoundField
    hints: Hints


def place_of(finding: Finding) -> str:
    """Return the id of the field a finding is about; each sample has one of its own."""
    return finding.field if finding.index is None else f"{finding.field}-{finding.index}"


def hints_by_place(form: RegistrationForm, findings: Iterable[Finding], *, places: Iterable[str] = ()) -> dict[str, Hints]:
    """Return the findings of each place on the form's page, those without any too; `places` are there beside the fields."""
    hints = {name: Hints(name) for name in (*form.fields, *places)}
    for finding in findings:
        place = place_of(finding)
        if place in hints or finding.field in hints:
            hints[place if place in hints else finding.field].found.append(finding)
    return hints


def shown_fields(form: RegistrationForm, hints: dict[str, Hints]) -> dict[str, ShownField]:
    """Return the fields by their names, each with its findings."""
    return {name: ShownField(form[name], hints[name]) for name in form.fields}


def of_filled_in(form: RegistrationForm, findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings about fields in which something stands: nobody is blamed for what they have not come to yet."""
    return [finding for finding in findings if finding.field not in form.fields or form[finding.field].value()]
