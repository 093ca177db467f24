"""Everything that changes a campaign."""

from campaigns.services.drain import drain, grant_points_for_target, run_port_recovery_batch, settle_cancelled
from campaigns.services.fallback import reopen_for_fallback
from campaigns.services.invitations import (
    create_invitation_campaign,
    draft_of,
    edit_invitation_campaign,
    preview_audience,
    preview_message,
    send_invitation_test,
)
from campaigns.services.lifecycle import (
    cancel_campaign,
    pause_campaign,
    release_quiet_hours,
    remove_recipient,
    resume_campaign,
    retry_failed,
)
from campaigns.services.planning import build_target_list, create_port_recovery_campaign, edit_texts, preview_port_recovery
from campaigns.services.rendering import preview_for, send_test
from campaigns.services.settling import settle_in_doubt
from campaigns.services.starting import (
    instant_on_our_clock,
    request_start,
    schedule_campaign,
    start_campaign,
    start_due_campaigns,
    unschedule_campaign,
)

__all__ = [
    "build_target_list",
    "cancel_campaign",
    "create_invitation_campaign",
    "create_port_recovery_campaign",
    "draft_of",
    "drain",
    "edit_invitation_campaign",
    "edit_texts",
    "grant_points_for_target",
    "instant_on_our_clock",
    "pause_campaign",
    "preview_audience",
    "preview_for",
    "preview_message",
    "preview_port_recovery",
    "release_quiet_hours",
    "remove_recipient",
    "reopen_for_fallback",
    "request_start",
    "resume_campaign",
    "retry_failed",
    "run_port_recovery_batch",
    "schedule_campaign",
    "send_invitation_test",
    "send_test",
    "settle_cancelled",
    "settle_in_doubt",
    "start_campaign",
    "start_due_campaigns",
    "unschedule_campaign",
]
