"""Build the list of people, once, and keep it as the campaign's targets."""

from django.db import transaction

from campaigns.errors import BadCampaignInput, WrongStatus
from campaigns.kinds import KINDS
from campaigns.models import Campaign
from campaigns.types import Preview
from customers.services import consolidate, no_erasure_meanwhile
from customers.types import Consolidation
from messaging.selectors import own_phone_tags
from servicepro.lib.fields import tag_sql
from servicepro.lib.merge_fields import unknown_fields
from servicepro.lib.tenancy import connection
from tenants.selectors import BusinessSettings, User, business_settings, current_tenant
from tenants.services import record_action

DEFAULT_NAME = "number-port-recovery"
NAME_CHARACTERS_MAX = 100


def build_target_list(*, write: bool = False) -> Consolidation:
    """Make the distinct people of this business available as a temporary table for the rest of the transaction.

    They come from customers, conversation participants and Google Voice, joined by phone and email, the strictest wish of all
    joined records kept; the business's own numbers are left out. With `write`, the joins and their evidence are kept.
    """
    return consolidate(own_tags=own_phone_tags(), write=write)


def preview_port_recovery() -> Preview:
    """Return who would be reached and why others would not, without writing anything."""
    kind = KINDS["port_recovery"]
    with transaction.atomic():
        people = build_target_list()
        with connection.cursor() as cursor:
            cursor.execute(f"""
                SELECT CASE WHEN p.opted_out THEN 'opted_out_explicit'
                            WHEN s.id IS NOT NULL THEN 'address_suppressed'
                            WHEN p.phone IS NULL THEN 'invalid_phone_format' ELSE '' END AS reason,
                       count(*), count(*) FILTER (WHERE p.email IS NOT NULL AND NOT p.email_opted_out)
                  FROM consolidated_people p
                  LEFT JOIN customers_suppression s ON s.channel = 'sms' AND s.lifted_at IS NULL
                       AND s.address_tag = {tag_sql("p.phone")}
                 GROUP BY 1 ORDER BY 2 DESC
            """)
            rows = cursor.fetchall()
    chosen = business_settings()
    points = people.people * kind.points
    return Preview(
        people=people.people,
        with_phone=people.with_phone,
        with_email=people.with_email,
        reach_sms=sum(count for reason, count, _emails in rows if not reason),
        reach_email=sum(emails for _reason, _count, emails in rows),
        skipped_by_reason={reason: count for reason, count, _emails in rows if reason},
        points_total=points,
        points_money_minor=points * chosen.point_value_minor,
        joined_records=people.joined_records,
    )


def create_port_recovery_campaign(*, created_by: User | None, name: str = "") -> Campaign:
    """Create a draft with one target per person. Raises BadCampaignInput, and WrongStatus where the name is taken."""
    kind = KINDS["port_recovery"]
    name = name.strip() or DEFAULT_NAME
    if len(name) > NAME_CHARACTERS_MAX:
        raise BadCampaignInput(f"The name is too long: use at most {NAME_CHARACTERS_MAX} characters.")
    tenant, chosen = current_tenant(), business_settings()
    texts = kind.texts(chosen.owner_name or "the team", tenant.name)
    policy = "required" if chosen.unknown_consent == BusinessSettings.UnknownConsent.REQUIRE else "opt_out"
    with transaction.atomic():
        no_erasure_meanwhile()
        campaign, is_new = Campaign.objects.get_or_create(
            key=name,
            defaults={
                "kind": kind.name,
                "name": name,
                "consent_policy": policy,
                "sms_text": texts.sms,
                "email_subject": texts.email_subject,
                "email_text": texts.email_text,
                "email_html": texts.email_html,
                "points": kind.points,
                "created_by": created_by,
            },
        )
        if not is_new:
            raise WrongStatus(f"There is a campaign “{name}” already; nobody is reached twice under one name. Choose another name.")
        build_target_list(write=True)
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO campaigns_target (campaign_id, customer_id, name, phone, phone_raw, email, opted_out, sms_status,
                    sms_reason, sms_sid, email_status, email_reason, points_granted, points_reason, error_message, facts,
                    summary_logged, had_turn, created_at, updated_at)
                SELECT %s, customer_id, left(name, 120), phone, phone_raw, email, opted_out, 'pending', '', '', 'pending', '', 0, '', '',
                       '{}', false, false, now(), now()
                  FROM consolidated_people ORDER BY head
                """,
                [campaign.pk],
            )
            count = cursor.rowcount
        record_action(created_by, "campaign_created", f"campaign:{campaign.pk}", targets=count)
    return campaign


def edit_texts(campaign: Campaign, *, actor: User | None, sms_text: str, email_subject: str, email_text: str, email_html: str) -> None:
    """Change the words of a draft. Raises WrongStatus, and BadCampaignInput where a field in {{…}} is unknown."""
    if campaign.status != Campaign.Status.DRAFT:
        raise WrongStatus("The words can only be changed while the campaign is a draft.")
    fields = KINDS[campaign.kind].fields
    for text in (sms_text, email_subject, email_text, email_html):
        if unknown := unknown_fields(text, fields):
            raise BadCampaignInput(f"We cannot fill {{{{{unknown[0]}}}}}. Use one of: {', '.join(sorted(fields))}.")
    if not sms_text.strip() or len(sms_text) > 1_600:
        raise BadCampaignInput("The text needs 1 to 1,600 characters.")
    Campaign.objects.filter(pk=campaign.pk, status=Campaign.Status.DRAFT).update(
        sms_text=sms_text, email_subject=email_subject, email_text=email_text, email_html=email_html
    )
    record_action(actor, "campaign_texts_edited", f"campaign:{campaign.pk}")
