"""The SQL behind the insights; each statement answers from one snapshot.

First in, first out: points that leave a person take the oldest ones. So what is left belongs to the newest lots, and a lot keeps
whatever the balance has beyond all newer lots. A lot is an entry that brought points in (EARN, or ADJUST upwards) on its own day; what
reversing an entry gives back goes to the lots it came from, as if it had never been taken, and what reversing takes back makes the
entry's own lot smaller. Points that only moved between two records of one person keep the day and the origin they had; what a merge
that was undone left behind, because it was spent meanwhile, is of the day of that move.
"""

from __future__ import annotations


def _persons(name: str, condition: str) -> str:
    """Return steps that say of each merged record which person it stands for, by the merges (m) that a condition picks."""
    return f"""
{name}_merge AS (
    SELECT m.id, m.gone_id, m.kept_id FROM customers_customermerge m WHERE {condition}
), {name}_step AS (
    SELECT gone_id AS record, kept_id AS person FROM {name}_merge
    UNION ALL
    SELECT s.record, m.kept_id FROM {name}_step s JOIN {name}_merge m ON m.gone_id = s.person
), {name}_person AS (
    SELECT record, person FROM {name}_step s WHERE NOT EXISTS (SELECT FROM {name}_merge m WHERE m.gone_id = s.person)
)"""


_ENTRY = (
    "t.id, t.created_at, t.customer_id, t.kind, t.points, t.origin, t.reverses_id, "
    "coalesce(starts_with(t.source_key, 'merge:'), false) AS is_move"
)
_DAY = "({column} AT TIME ZONE %(zone)s)::date"


def _remaining(entries: str, name: str) -> str:
    """Return the step `name`: points left by (day, origin) of all persons in the step `entries`; they add up to the balances."""
    return f"""
, {name}_balance AS (
    SELECT person, sum(points) AS balance, coalesce(max(created_at) FILTER (WHERE is_move), max(created_at)) AS last_at
      FROM {entries} GROUP BY person
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


# Everything through an entry and before a moment, from the first entry on; as some merges have it, or those of now.
ALL = f"""
WITH RECURSIVE {_persons("now", "CASE WHEN %(merges)s::bigint[] IS NULL THEN m.undone_at IS NULL ELSE m.id = ANY(%(merges)s) END")}
, entry AS MATERIALIZED (
    SELECT {_ENTRY}, coalesce(p.person, t.customer_id) AS person
      FROM loyalty_pointstransaction t LEFT JOIN now_person p ON p.record = t.customer_id
     WHERE t.id <= %(through)s AND t.created_at < %(before)s::timestamptz
)
{_remaining("entry", "remaining")}
, record AS (SELECT customer_id, sum(points)::bigint AS balance FROM entry GROUP BY customer_id HAVING sum(points) > 0)
SELECT ({_days("entry")}), ({_lots("remaining")}), (SELECT count(*) FROM record),
       (SELECT coalesce(json_agg(json_build_array(customer_id, balance)), '[]')
          FROM (SELECT * FROM record ORDER BY balance DESC, customer_id LIMIT %(top)s) AS best),
       (SELECT coalesce(array_agg(id ORDER BY id), '{{}}') FROM now_merge)
"""

# What changed from one entry (and the merges of that time) to another (and the merges of now): the days of the entries between; whose
# balance they changed, from what to what; the lots that go and the lots that come.
# Whoever only got points, and is part of no merge, has one more lot: nothing older changes by that, and their history is not read. Of all
# others everything is: whoever shares a person with them, then or now, is looked at on both sides, so what goes and what comes are
# about the same records.
SINCE = f"""
WITH RECURSIVE {_persons("now", "m.undone_at IS NULL")}, {_persons("was", "m.id = ANY(%(merges)s)")}
, newer AS MATERIALIZED (
    SELECT {_ENTRY} FROM loyalty_pointstransaction t WHERE t.id > %(through)s
), late AS (
    SELECT * FROM newer WHERE id <= %(until)s
), other_merge AS (
    (SELECT * FROM now_merge EXCEPT SELECT * FROM was_merge) UNION ALL (SELECT * FROM was_merge EXCEPT SELECT * FROM now_merge)
), touched AS MATERIALIZED (
    SELECT gone_id AS record FROM other_merge UNION SELECT kept_id FROM other_merge
    UNION SELECT customer_id FROM late WHERE points < 0 OR kind NOT IN ('EARN', 'ADJUST') OR is_move
    UNION SELECT customer_id FROM late
     WHERE customer_id IN (SELECT unnest(ARRAY[gone_id, kept_id]) FROM (TABLE now_merge UNION ALL TABLE was_merge) AS family)
), simple AS MATERIALIZED (
    SELECT * FROM late WHERE customer_id NOT IN (SELECT record FROM touched)
), now_touched AS (
    SELECT DISTINCT coalesce(p.person, t.record) AS person FROM touched t LEFT JOIN now_person p USING (record)
), was_touched AS (
    SELECT DISTINCT coalesce(p.person, t.record) AS person FROM touched t LEFT JOIN was_person p USING (record)
), member AS (
    SELECT person AS record FROM now_touched UNION SELECT person FROM was_touched
    UNION SELECT p.record FROM now_person p JOIN now_touched USING (person)
    UNION SELECT p.record FROM was_person p JOIN was_touched USING (person)
), entry AS MATERIALIZED (
    SELECT {_ENTRY}, coalesce(n.person, m.record) AS person, coalesce(w.person, m.record) AS was
      FROM member m LEFT JOIN now_person n ON n.record = m.record LEFT JOIN was_person w ON w.record = m.record
      JOIN loyalty_pointstransaction t ON t.customer_id = m.record
     WHERE t.id <= %(until)s
), earlier AS (
    SELECT id, created_at, customer_id, kind, points, origin, reverses_id, is_move, was AS person FROM entry WHERE id <= %(through)s
)
{_remaining("earlier", "gone")}
{_remaining("entry", "come")}
, one_more AS (
    TABLE come UNION ALL
    SELECT {_DAY.format(column="created_at")}, coalesce(nullif(origin, ''), 'manual'), sum(points)::bigint FROM simple GROUP BY 1, 2
), record AS (
    SELECT customer_id, coalesce(sum(points) FILTER (WHERE id <= %(through)s), 0)::bigint AS was, sum(points)::bigint AS is_now
      FROM entry GROUP BY customer_id HAVING max(id) > %(through)s
    UNION ALL
    SELECT c.id, c.loyalty_points_balance - n.points, c.loyalty_points_balance - n.not_yet
      FROM (SELECT customer_id, sum(points)::bigint AS points, coalesce(sum(points) FILTER (WHERE id > %(until)s), 0)::bigint AS not_yet
              FROM newer WHERE customer_id IN (SELECT customer_id FROM simple) GROUP BY customer_id) n
      JOIN customers_customer c ON c.id = n.customer_id
)
SELECT ({_days("late")}), ({_lots("gone")}), ({_lots("one_more")}),
       (SELECT coalesce(json_agg(json_build_array(customer_id, was, is_now)), '[]') FROM record),
       (SELECT coalesce(array_agg(id ORDER BY id), '{{}}') FROM now_merge)
"""

# What is kept, unless the ledger was made anew under it; and whether nothing has changed since.
_MERGES = "SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM customers_customermerge WHERE undone_at IS NULL"
KEPT = f"""
SELECT f.through, f.merges, f.days, f.lots, f.holders, f.top,
       coalesce((SELECT max(id) FROM loyalty_pointstransaction), 0) <= f.through AND f.merges = ({_MERGES})
  FROM loyalty_ledgerfigures f
 WHERE f.id = 1 AND f.zone = %s
   AND f.made_at IS NOT DISTINCT FROM (SELECT created_at FROM loyalty_pointstransaction WHERE id = f.through)
"""
# A worker that comes second keeps nothing: what it worked out is about an older state.
KEEP = """
INSERT INTO loyalty_ledgerfigures AS f (id, through, made_at, zone, merges, days, lots, holders, top, kept_at)
SELECT 1, %(through)s, (SELECT created_at FROM loyalty_pointstransaction WHERE id = %(through)s), %(zone)s, %(merges)s::bigint[],
       %(days)s, %(lots)s, %(holders)s, %(top)s, now()
    ON CONFLICT (id) DO UPDATE
   SET through = excluded.through, made_at = excluded.made_at, zone = excluded.zone, merges = excluded.merges, days = excluded.days,
       lots = excluded.lots, holders = excluded.holders, top = excluded.top, kept_at = excluded.kept_at
 WHERE %(instead_of)s::bigint IS NULL OR f.through = %(instead_of)s
"""
LATE = f"SELECT (SELECT count(*) FROM (SELECT FROM loyalty_pointstransaction WHERE id > %s LIMIT %s) AS late), ({_MERGES})"
TOP_THROUGH = """
SELECT customer_id, sum(points)::bigint AS balance FROM loyalty_pointstransaction WHERE id <= %s
 GROUP BY customer_id HAVING sum(points) > 0 ORDER BY balance DESC, customer_id LIMIT %s
"""
LAST = "SELECT coalesce(max(id), 0), clock_timestamp() FROM loyalty_pointstransaction"
# An entry's number is drawn before it is committed: whoever began before that moment may still bring a smaller one, except who is idle
# and has written nothing yet, since the number is drawn by the statement that writes.
STILL_WRITING = """
SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
                  AND backend_type = 'client backend' AND xact_start <= %s AND (backend_xid IS NOT NULL OR state = 'active'))
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
