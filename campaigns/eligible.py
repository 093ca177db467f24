"""The SQL of the customers who may be chosen at some places.

That is a person with an appointment there that was not cancelled, who agreed to marketing and did not ask to be left alone; of all
records found to be theirs the strictest answer counts, and the head of these stands for them.
"""

import datetime
import re
from collections.abc import Collection, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from campaigns.types import CustomerFilter, SelectionStep
from tenants.selectors import current_tenant

ID_MAX = 2**63 - 1  # what the database counts to
_KEPT = "b.status <> 'cancelled' AND b.place_id = ANY(%(places)s::bigint[])"
# What is known of a person: of one record, and of several records r of theirs, the head's before the others'.
_KNOWN = {
    "name": "coalesce((array_agg(r.name ORDER BY r.rank, r.id) FILTER (WHERE r.name <> ''))[1], '')",
    "email": "(array_agg(r.email ORDER BY r.rank, r.id) FILTER (WHERE r.email <> ''))[1]",
    "phone": "(array_agg(r.phone ORDER BY r.rank, r.id) FILTER (WHERE r.phone IS NOT NULL))[1]",
    "tags": "string_to_array(string_agg(array_to_string(r.tags, E'\\x1f'), E'\\x1f') FILTER (WHERE r.tags <> '{}'), E'\\x1f')",
    "email_opt_out": "bool_or(r.email_opt_out)",
    "whatsapp_consent": "CASE WHEN bool_or(r.whatsapp_consent IS FALSE) THEN false WHEN bool_or(r.whatsapp_consent) THEN true END",
}
_SUMS = {"bookings": "count(*)", "spent": "sum(b.due_minor)", "last_at": "max(b.starts_at)"}
# Nearly everybody has one record, found in the order of their ids; the few others are put together. Only what a statement asks for is
# in it: that somebody was there at all is known in half the time that adding up their visits takes.
_PEOPLE = """
SELECT c.id AS head{own}
  FROM customers_customer c {visits}
 WHERE c.same_person_as_id IS NULL AND c.erased_as IS NULL AND c.gdpr_marketing_consent AND NOT c.opted_out
   AND NOT EXISTS (SELECT 1 FROM customers_customer j WHERE j.same_person_as_id = c.id){was_there}
UNION ALL
SELECT f.head{joined}
  FROM (SELECT r.head{known} FROM records r GROUP BY r.head
        HAVING bool_or(r.gdpr_marketing_consent) AND NOT bool_or(r.gdpr_marketing_consent IS FALSE) AND NOT bool_or(r.opted_out)
           AND bool_or(r.rank = 0 AND r.erased_as IS NULL)) f
  JOIN (SELECT r.head{sums} FROM records r JOIN bookings_booking b ON b.customer_id = r.id WHERE {kept} GROUP BY 1) v USING (head)
"""
_VISITS = "JOIN (SELECT b.customer_id{sums} FROM bookings_booking b WHERE {kept}{among} GROUP BY 1) v ON v.customer_id = c.id"
_WAS_THERE = " AND EXISTS (SELECT 1 FROM bookings_booking b WHERE b.customer_id = c.id AND {kept})"
# The records of people who have more than one.
_RECORDS = """
WITH records AS MATERIALIZED (
    SELECT j.same_person_as_id AS head, 1 AS rank, j.id, j.gdpr_marketing_consent, j.opted_out, j.erased_as{columns_j}
      FROM customers_customer j WHERE {is_joined}
    UNION ALL
    SELECT c.id, 0, c.id, c.gdpr_marketing_consent, c.opted_out, c.erased_as{columns_c}
      FROM customers_customer c
     WHERE c.id IN (SELECT j.same_person_as_id FROM customers_customer j WHERE {is_joined})
)
"""


class People:
    """The SQL of the people of some places, and the values it needs; conditions on them add theirs."""

    def __init__(self, place_ids: Collection[int]) -> None:
        self.values: dict[str, Any] = {"places": known_ids(place_ids)}

    def sql(self, pattern: str, **parts: str) -> str:
        """Return a statement about them, p; `pattern` names {people} and the given parts. Where there are `heads`, it is about these."""
        asked = set(re.findall(r"\bp\.(\w+)", pattern.format(people="", **parts)))
        known = [name for name in _KNOWN if name in asked]
        sums = [name for name in _SUMS if name in asked]
        added_up = "".join(f", {_SUMS[name]} AS {name}" for name in sums)
        among = " AND b.customer_id = ANY(%(heads)s::bigint[])" if "heads" in self.values else ""
        people = _PEOPLE.format(
            own=_columns("c", known) + _columns("v", sums),
            visits=_VISITS.format(sums=added_up, kept=_KEPT, among=among) if sums else "",
            was_there="" if sums else _WAS_THERE.format(kept=_KEPT),
            joined=_columns("f", known) + _columns("v", sums),
            known="".join(f", {_KNOWN[name]} AS {name}" for name in known),
            sums=added_up,
            kept=_KEPT,
        )
        is_joined = "j.same_person_as_id = ANY(%(heads)s::bigint[])" if among else "j.same_person_as_id IS NOT NULL"
        records = _RECORDS.format(columns_j=_columns("j", known), columns_c=_columns("c", known), is_joined=is_joined)
        return records + pattern.format(people=people, **parts)

    def matching(self, wanted: CustomerFilter) -> str:
        """Return the condition that somebody, p, matches a filter."""
        rules = [sql for sql, is_asked in _FLAGS if getattr(wanted, is_asked)]
        if search := wanted.search.replace("\0", "").strip():
            collation = ' COLLATE "C"' if search.isascii() else ""  # as good there, and quicker
            pattern = self._value("%" + search.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%")
            rules.append(f"(p.name{collation} ILIKE {pattern} OR p.email{collation} ILIKE {pattern})")
        if wanted.tags:
            rules.append(f"p.tags && {self._value([tag.replace(chr(0), '') for tag in wanted.tags])}::text[]")
        sums = [
            f"{column} {compared} {self._value(value)}"
            for column, compared, value in (
                ("p.last_at", ">=", _midnight(wanted.last_booking_from)),
                ("p.last_at", "<", _midnight(wanted.last_booking_before)),
                ("p.bookings", ">=", wanted.bookings_min),
                ("p.bookings", "<=", wanted.bookings_max),
                ("p.spent", ">=", wanted.spent_min_minor),
                ("p.spent", "<=", wanted.spent_max_minor),
            )
            if value is not None
        ]
        return f"({' AND '.join([*rules, *sums])})" if rules or sums else "true"

    def selected(self, steps: Sequence[SelectionStep]) -> str:
        """Return the condition that somebody, p, is ticked in the end: the last step about them decides."""
        cases = [f"WHEN {self._meant(step)} THEN {'true' if step.is_added else 'false'}" for step in reversed(steps)]
        return f"CASE {' '.join(cases)} ELSE false END" if cases else "false"

    def _meant(self, step: SelectionStep) -> str:
        if step.filter is not None:
            return self.matching(step.filter)
        # Who was ticked may have been found to be somebody else's record since.
        ids = self._value(known_ids(step.customer_ids))
        return f"p.head IN (SELECT coalesce(same_person_as_id, id) FROM customers_customer WHERE id = ANY({ids}::bigint[]))"

    def _value(self, value: object) -> str:
        name = f"value{len(self.values)}"
        self.values[name] = value
        return f"%({name})s"


_FLAGS = (
    ("p.email <> ''", "has_email"),
    ("p.phone IS NOT NULL", "has_phone"),
    ("p.whatsapp_consent", "has_whatsapp_consent"),
)


def _columns(table: str, names: Sequence[str]) -> str:
    return "".join(f", {table}.{name}" for name in names)


def known_ids(ids: Collection[int]) -> list[int]:
    """Return those numbers that can be ids, in order."""
    return sorted(number for number in ids if 0 < number <= ID_MAX)


def _midnight(day: datetime.date | None) -> datetime.datetime | None:
    return datetime.datetime.combine(day, datetime.time(), ZoneInfo(current_tenant().time_zone)) if day else None
