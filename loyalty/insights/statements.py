"""The SQL behind the insights; each statement answers from one snapshot.

First in, first out: points that leave a person take the oldest ones. So what is left belongs to the newest lots, and a lot keeps
whatever the balance has beyond all newer lots. A lot is an entry that brought points in (EARN, or ADJUST upwards) on its own day; what
reversing an entry gives back goes to the lots it came from, as if it had never been taken, and what reversing takes back makes the
entry's own lot smaller. Points that only moved between two records of one person keep the day and the origin they had.
"""

from __future__ import annotations

# Records that were merged, each with the record that stands for the person now.
_PERSONS = """
WITH RECURSIVE steps AS (
    SELECT gone_id AS record, kept_id AS person FROM customers_customermerge WHERE undone_at IS NULL
    UNION ALL
    SELECT s.record, m.kept_id FROM steps s JOIN customers_customermerge m ON m.gone_id = s.person AND m.undone_at IS NULL
), persons AS (
    SELECT record, person FROM steps s
     WHERE NOT EXISTS (SELECT FROM customers_customermerge m WHERE m.gone_id = s.person AND m.undone_at IS NULL)
)
"""
_ENTRY = (
    "t.id, t.created_at, t.customer_id, t.kind, t.points, t.origin, t.reverses_id, "
    "coalesce(starts_with(t.source_key, 'merge:'), false) AS is_move"
)
_DAY = "({column} AT TIME ZONE %(zone)s)::date"


def _remaining(entries: str, name: str) -> str:
    """Return the step `name`: points left by (day, origin) of all persons in the step `entries`; they add up to the balances."""
    return f"""
, {name}_balance AS (
    SELECT person, sum(points) AS balance, max(created_at) AS last_at FROM {entries} GROUP BY person
), {name}_taken_back AS (
    SELECT reverses_id, sum(points) AS points FROM {entries} WHERE kind = 'REVERSE' AND points < 0 GROUP BY reverses_id
), {name}_lot AS (
    SELECT e.person, e.id, e.created_at, e.origin, e.points + coalesce(b.points, 0) AS points
      FROM {entries} e LEFT JOIN {name}_taken_back b ON b.reverses_id = e.id
     WHERE e.kind IN ('EARN', 'ADJUST') AND e.points > 0 AND NOT e.is_move
), {name}_ranked AS (
    SELECT *, sum(points) OVER (PARTITION BY person ORDER BY created_at DESC, id DESC) - points AS newer FROM {name}_lot
), {name}_unnamed AS (
    SELECT b.last_at, b.balance - coalesce(sum(l.points), 0) AS points
      FROM {name}_balance b LEFT JOIN {name}_lot l USING (person) WHERE b.balance > 0
     GROUP BY b.person, b.last_at, b.balance HAVING b.balance > coalesce(sum(l.points), 0)
), {name} AS (
    SELECT day, origin, sum(points)::bigint AS points FROM (
        SELECT {_DAY.format(column="r.created_at")} AS day, coalesce(nullif(r.origin, ''), 'manual') AS origin,
               least(r.points, b.balance - r.newer) AS points
          FROM {name}_ranked r JOIN {name}_balance b USING (person) WHERE r.points > 0 AND b.balance > r.newer
        UNION ALL
        SELECT {_DAY.format(column="last_at")}, 'manual', points FROM {name}_unnamed
    ) AS piece GROUP BY day, origin
)
"""


def _days(entries: str) -> str:
    """Return a query of [day, kind, points] as JSON."""
    return f"""
SELECT coalesce(json_agg(json_build_array(day, kind, points)), '[]') FROM (
    SELECT {_DAY.format(column="created_at")} AS day, kind, sum(points)::bigint AS points FROM {entries} GROUP BY 1, 2) AS by_day
"""


def _lots(step: str) -> str:
    return f"SELECT coalesce(json_agg(json_build_array(day, origin, points)), '[]') FROM {step}"


# Everything through an entry and before a moment, from the first entry on.
ALL = f"""
{_PERSONS}, entry AS MATERIALIZED (
    SELECT {_ENTRY}, coalesce(p.person, t.customer_id) AS person
      FROM loyalty_pointstransaction t LEFT JOIN persons p ON p.record = t.customer_id
     WHERE t.id <= %(through)s AND t.created_at < %(before)s::timestamptz
)
{_remaining("entry", "remaining")}
, record AS (SELECT customer_id, sum(points)::bigint AS balance FROM entry GROUP BY customer_id HAVING sum(points) > 0)
SELECT ({_days("entry")}), ({_lots("remaining")}), (SELECT count(*) FROM record),
       (SELECT coalesce(json_agg(json_build_array(customer_id, balance)), '[]')
          FROM (SELECT * FROM record ORDER BY balance DESC, customer_id LIMIT %(top)s) AS best)
"""

# What entries after a given one changed: their days; whose balance they changed, from what to what; these persons' lots then and now.
SINCE = f"""
{_PERSONS}, late AS MATERIALIZED (
    SELECT id, created_at, customer_id, kind, points FROM loyalty_pointstransaction WHERE id > %(through)s
), changed AS (
    SELECT DISTINCT coalesce(p.person, l.customer_id) AS person FROM late l LEFT JOIN persons p ON p.record = l.customer_id
), member AS (
    SELECT person AS record, person FROM changed
    UNION ALL
    SELECT p.record, p.person FROM persons p JOIN changed USING (person)
), entry AS MATERIALIZED (
    SELECT {_ENTRY}, m.person FROM member m JOIN loyalty_pointstransaction t ON t.customer_id = m.record
), earlier AS (
    SELECT * FROM entry WHERE id <= %(through)s
)
{_remaining("earlier", "gone")}
{_remaining("entry", "come")}
, record AS (
    SELECT customer_id, coalesce(sum(points) FILTER (WHERE id <= %(through)s), 0)::bigint AS was, sum(points)::bigint AS is_now
      FROM entry GROUP BY customer_id HAVING max(id) > %(through)s
)
SELECT ({_days("late")}), ({_lots("gone")}), ({_lots("come")}),
       (SELECT coalesce(json_agg(json_build_array(customer_id, was, is_now)), '[]') FROM record), (SELECT count(*) FROM late)
"""

# What tells whether figures that were kept still belong to this ledger and these merges.
MARK = """
SELECT 'loyalty_pointstransaction'::regclass::oid::bigint, (SELECT created_at FROM loyalty_pointstransaction WHERE id = %(through)s),
       (SELECT count(*) FROM customers_customermerge), (SELECT count(*) FROM customers_customermerge WHERE undone_at IS NOT NULL)
"""
LAST = "SELECT coalesce(max(id), 0), clock_timestamp() FROM loyalty_pointstransaction"
# An entry's number is drawn before it is committed: whoever began before that moment may still bring a smaller one.
STILL_WRITING = """
SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
                  AND backend_type = 'client backend' AND xact_start <= %s)
"""
TOP_NOW = "SELECT id, loyalty_points_balance FROM customers_customer WHERE loyalty_points_balance > 0 ORDER BY 2 DESC, 1 LIMIT %s"
PEOPLE = "SELECT id, name, phone FROM customers_customer WHERE id = ANY(%s)"
# Days on which somebody used points more often than usual. Where a bill changed afterwards its entry is made anew ("…:after:…"), which is
# no further use of points.
MANY_REDEMPTIONS = """
SELECT h.id, h.name, h.phone, r.day, r.redemptions, r.returned, r.points
  FROM (SELECT coalesce(c.same_person_as_id, c.id) AS person, (t.created_at AT TIME ZONE %(zone)s)::date AS day, count(*) AS redemptions,
               count(b.id) AS returned, -sum(t.points)::bigint AS points
          FROM loyalty_pointstransaction t JOIN customers_customer c ON c.id = t.customer_id
          LEFT JOIN loyalty_pointstransaction b ON b.reverses_id = t.id
         WHERE t.kind = 'REDEEM' AND t.created_at >= %(since)s AND strpos(coalesce(t.source_key, ''), ':after:') = 0
         GROUP BY 1, 2 HAVING count(*) > %(most)s) r
  JOIN customers_customer h ON h.id = r.person
 WHERE r.day <= %(last)s ORDER BY r.day DESC, r.redemptions DESC, h.id
"""
