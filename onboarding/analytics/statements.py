"""The SQL behind the analytics; each statement answers from one snapshot.

All records that are one person count as that person. A person came with the first list that brought one of their records. What they
had done before that day counts on it, so that no step is earlier than the first.

What is known of a person is brought together by grouping, not by joining: its cost follows the rows, whatever the planner believes of
tables that grew since it last looked at them.
"""

# What a business sent to people's phones in its invitations, one row a message, with what the provider said of it.
_MESSAGES = """
message AS MATERIALIZED (
    SELECT t.campaign_id, k.offer_id, k.started_at, coalesce(c.same_person_as_id, c.id) AS person, t.sms_status,
           coalesce(w.attempted_at, s.attempted_at, t.updated_at) AS sent_at, coalesce(w.provider_status, s.provider_status) AS said
      FROM campaigns_target t
      JOIN campaigns_campaign k ON k.id = t.campaign_id AND k.kind = 'invitation'
      LEFT JOIN customers_customer c ON c.id = t.customer_id
      LEFT JOIN public.whatsapp_sends w
             ON w.attempt_id = t.sms_attempt_id AND w.tenant_id IS NOT DISTINCT FROM %(tenant)s AND t.phone_channel <> 'sms'
      LEFT JOIN public.port_recovery_sms_sends s
             ON s.attempt_id = t.sms_attempt_id AND s.tenant_id IS NOT DISTINCT FROM %(tenant)s AND t.phone_channel <> 'whatsapp'
)
"""
_USES = """
used AS MATERIALIZED (
    SELECT o.offer_id, coalesce(c.same_person_as_id, c.id) AS person, u.discount_minor
      FROM loyalty_offeruse u
      JOIN loyalty_offercode o ON o.id = u.code_id
      JOIN customers_customer c ON c.id = o.customer_id
     WHERE u.returned_at IS NULL
)
"""
_BOOKED = """
SELECT coalesce(c.same_person_as_id, c.id) AS person, b.created_at AS booked_at
  FROM bookings_booking b JOIN customers_customer c ON c.id = b.customer_id WHERE b.status <> 'cancelled'
"""

_DAYS = (
    "SELECT ({step}_at AT TIME ZONE %(zone)s)::date AS day, '{step}' AS step, count(*) AS people FROM cohort WHERE {has_come} GROUP BY 1"
)
_STEPS = {"imported": "true", "invited": "is_invited", "registered": "is_registered", "booked": "is_booked"}

# The people of lists who came within a time, and how far they have come since: sums, and (day, step, people).
PEOPLE = f"""
WITH {_MESSAGES}, {_USES}, fact AS (
    SELECT coalesce(same_person_as_id, id) AS person, CASE WHEN import_batch_id IS NOT NULL THEN created_at END AS imported_at,
           registered_at, NULL::timestamptz AS sent_at, NULL::boolean AS is_delivered, NULL::timestamptz AS booked_at,
           NULL::integer AS discount_minor
      FROM customers_customer
    UNION ALL
    SELECT person, NULL, NULL, sent_at, said IN ('delivered', 'read'), NULL, NULL FROM message WHERE sms_status = 'sent'
    UNION ALL
    SELECT person, NULL, NULL, NULL, NULL, booked_at, NULL FROM ({_BOOKED}) AS booking
    UNION ALL
    SELECT person, NULL, NULL, NULL, NULL, NULL, discount_minor FROM used
), listed AS MATERIALIZED (
    SELECT min(imported_at) AS imported_at, min(registered_at) AS registered_at, min(sent_at) AS invited_at, min(booked_at) AS booked_at,
           count(sent_at) AS sent, count(*) FILTER (WHERE is_delivered) AS delivered,
           count(discount_minor) AS uses, sum(discount_minor) AS discount_minor
      FROM fact GROUP BY person HAVING min(imported_at) IS NOT NULL
), cohort AS MATERIALIZED (
    SELECT imported_at, greatest(invited_at, imported_at) AS invited_at, greatest(registered_at, imported_at) AS registered_at,
           greatest(booked_at, imported_at) AS booked_at, sent > 0 AS is_invited, delivered > 0 AS is_delivered,
           registered_at IS NOT NULL AS is_registered, booked_at IS NOT NULL AS is_booked, sent, delivered, uses, discount_minor
      FROM listed WHERE imported_at >= %(since)s::timestamptz AND imported_at < %(until)s::timestamptz
), days AS (
    {" UNION ALL ".join(_DAYS.format(step=step, has_come=has_come) for step, has_come in _STEPS.items())}
)
SELECT count(*), count(*) FILTER (WHERE is_invited), count(*) FILTER (WHERE is_delivered), count(*) FILTER (WHERE is_registered),
       count(*) FILTER (WHERE is_booked), count(*) FILTER (WHERE is_delivered AND is_registered),
       count(*) FILTER (WHERE is_delivered AND is_registered AND is_booked),
       coalesce(sum(sent), 0)::bigint, coalesce(sum(delivered), 0)::bigint,
       count(*) FILTER (WHERE is_registered AND uses > 0), coalesce(sum(uses), 0)::bigint, coalesce(sum(discount_minor), 0)::bigint,
       (avg(extract(epoch FROM registered_at - imported_at)) FILTER (WHERE is_registered) / 86400)::float8,
       (avg(extract(epoch FROM booked_at - imported_at)) FILTER (WHERE is_booked) / 86400)::float8,
       (SELECT count(*) FROM listed WHERE imported_at >= %(week)s::timestamptz),
       (SELECT count(*) FROM listed WHERE imported_at >= %(month)s::timestamptz),
       (SELECT count(*) FROM listed),
       (SELECT count(*) FROM used), (SELECT coalesce(sum(discount_minor), 0)::bigint FROM used),
       (SELECT coalesce(json_agg(json_build_array(day, step, people)), '[]') FROM days)
  FROM cohort
"""

# Every invitation that was started within a time, the newest first. Whoever registered or booked after a message counts for its campaign.
CAMPAIGNS = f"""
WITH {_MESSAGES}, {_USES}, chosen AS (
    SELECT * FROM message WHERE started_at >= %(since)s::timestamptz AND started_at < %(until)s::timestamptz
), fact AS (
    SELECT person, campaign_id, sms_status, said, sent_at, NULL::timestamptz AS registered_at, NULL::timestamptz AS booked_at FROM chosen
    UNION ALL
    SELECT coalesce(same_person_as_id, id), NULL, NULL, NULL, NULL, registered_at, NULL
      FROM customers_customer WHERE registered_at IS NOT NULL
    UNION ALL
    SELECT person, NULL, NULL, NULL, NULL, NULL, booked_at FROM ({_BOOKED}) AS booking
), known AS (
    SELECT person, campaign_id, sms_status, said, sent_at,
           max(registered_at) OVER persons AS registered_at, max(booked_at) OVER persons AS booked_at
      FROM fact WINDOW persons AS (PARTITION BY person)
), counted AS MATERIALIZED (
    SELECT campaign_id, count(*) AS people, count(*) FILTER (WHERE sms_status = 'sent') AS sent,
           count(*) FILTER (WHERE sms_status = 'sent' AND said IN ('delivered', 'read')) AS delivered,
           count(*) FILTER (WHERE sms_status = 'sent' AND said = 'read') AS read,
           count(*) FILTER (WHERE sms_status = 'failed' OR sms_status = 'sent' AND said IN ('failed', 'undelivered', 'canceled')) AS failed,
           count(*) FILTER (WHERE sms_status = 'skipped') AS skipped,
           count(DISTINCT person) FILTER (WHERE sms_status = 'sent') AS reached,
           count(DISTINCT person) FILTER (WHERE sms_status = 'sent' AND registered_at >= sent_at) AS registered,
           count(DISTINCT person) FILTER (WHERE sms_status = 'sent' AND booked_at >= sent_at) AS booked
      FROM known WHERE campaign_id IS NOT NULL GROUP BY campaign_id
), promised AS (
    SELECT person, offer_id, campaign_id, NULL::integer AS discount_minor FROM chosen WHERE sms_status = 'sent' AND offer_id IS NOT NULL
    UNION ALL
    SELECT person, offer_id, NULL, discount_minor FROM used
), kept AS (
    SELECT array_agg(DISTINCT campaign_id) FILTER (WHERE campaign_id IS NOT NULL) AS campaigns,
           count(discount_minor) AS uses, sum(discount_minor) AS discount_minor
      FROM promised GROUP BY person, offer_id HAVING count(discount_minor) > 0
), redeemed AS MATERIALIZED (
    SELECT campaign_id, sum(uses)::bigint AS uses, sum(discount_minor)::bigint AS discount_minor
      FROM kept CROSS JOIN LATERAL unnest(campaigns) AS campaign_id GROUP BY campaign_id
)
SELECT k.id, k.name, k.channel, k.status, k.started_at, coalesce(o.name, ''),
       coalesce(c.people, 0), coalesce(c.sent, 0), coalesce(c.delivered, 0), coalesce(c.read, 0), coalesce(c.failed, 0),
       coalesce(c.skipped, 0), coalesce(c.reached, 0), coalesce(c.registered, 0), coalesce(c.booked, 0),
       coalesce(r.uses, 0), coalesce(r.discount_minor, 0)
  FROM campaigns_campaign k
  LEFT JOIN counted c ON c.campaign_id = k.id
  LEFT JOIN redeemed r ON r.campaign_id = k.id
  LEFT JOIN loyalty_welcomeoffer o ON o.id = k.offer_id
 WHERE k.kind = 'invitation' AND k.started_at >= %(since)s::timestamptz AND k.started_at < %(until)s::timestamptz
 ORDER BY k.started_at DESC, k.id DESC LIMIT %(most)s
"""
