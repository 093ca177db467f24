"""Stop a campaign that does harm: too many failures, bounces, complaints or opt-outs say that something is wrong with it."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.models import Campaign
from messaging.selectors import ledger_table
from messaging.types import Channel
from servicepro.lib.tenancy import connection

# Lists that people did not give their address to fail like this; mailbox providers begin to block at about a tenth.
FAILED_OF_MIN, FAILED_PERCENT = 50, 12
# What email providers suspend accounts for.
BOUNCED_OF_MIN, BOUNCED_PERCENT = 200, 5
# Gmail's and Yahoo's limit for bulk senders is 0.3 %; below three people it is chance.
COMPLAINTS_MIN, COMPLAINTS_PER_MILLE = 3, 3
# Well-kept lists lose a fifth of that; below five people it is chance.
OPT_OUTS_MIN, OPT_OUTS_OF_MIN, OPT_OUTS_PERCENT = 5, 50, 2
_NAMES = {Channel.EMAIL: "emails", Channel.WHATSAPP: "WhatsApp messages", Channel.SMS: "texts"}
# What of the consent events, e, is somebody's own no: a mailbox that sends mail back says nothing of the person, and a refusal that came
# along with another record, a list or an erasure was not said to this message.
OPT_OUT = "e.action = 'withdrawn' AND e.source NOT LIKE '%%bounce%%' AND e.source !~ '^(merge|unmerge|import|undo|erasure|retention)'"


@dataclass(frozen=True, slots=True)
class Answers:
    """How one channel's messages were answered, in people: `outcomes` are the accepted and the refused, `failed` among them.

    `failed` were refused or not delivered later, `bounced` those whose address does not exist.
    """

    channel: Channel
    outcomes: int = 0
    sent: int = 0
    failed: int = 0
    bounced: int = 0
    complaints: int = 0
    opt_outs: int = 0


def judge(answers: Answers) -> str:
    """Return why a campaign must stop, as a sentence that names number and share; empty where it may go on."""
    name, of, content = _NAMES[answers.channel], answers.sent, "Look at whom you write to and what you say"
    if of and answers.complaints >= COMPLAINTS_MIN and answers.complaints * 1_000 >= COMPLAINTS_PER_MILLE * of:
        return _sentence(answers.complaints, of, f"{name} were reported as spam", content)
    if of >= OPT_OUTS_OF_MIN and answers.opt_outs >= OPT_OUTS_MIN and answers.opt_outs * 100 >= OPT_OUTS_PERCENT * of:
        return _sentence(answers.opt_outs, of, f"people asked not to get such {name}", content)
    if of >= BOUNCED_OF_MIN and answers.bounced * 100 >= BOUNCED_PERCENT * of:
        return _sentence(answers.bounced, of, f"{name} went to addresses that do not exist", "Look at where the addresses come from")
    if answers.outcomes >= FAILED_OF_MIN and answers.failed * 100 >= FAILED_PERCENT * answers.outcomes:
        return _sentence(answers.failed, answers.outcomes, f"{name} could not be delivered", "Look at the reasons below")
    return ""


def _sentence(count: int, of: int, what: str, advice: str) -> str:
    return f"{count} of {of} {what} ({count * 100 / of:.1f} %), so we stopped. {advice}; resume to go on, and the count begins anew."


def guard_sentence(campaign: Campaign, channels: Sequence[Channel], *, thoroughly: bool) -> str:
    """Return why a campaign must stop, by what was answered since it was started or resumed; empty where it may go on.

    What people said is looked at each time, what providers said only `thoroughly`: it means reading all messages.
    """
    since = campaign.watched_from
    if since is None:
        return ""
    for channel in channels:
        said = _said_by_people(campaign.key, channel, since)
        is_loud = said.complaints >= COMPLAINTS_MIN or said.opt_outs >= OPT_OUTS_MIN
        if (thoroughly or is_loud) and (sentence := judge(_answers(campaign.key, said, since))):
            return sentence
    return ""


def _said_by_people(key: str, channel: Channel, since: datetime.datetime) -> Answers:
    """Count who complained, bounced or opted out after this campaign wrote to them: found from the few who said something."""
    table = ledger_table(channel)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT count(DISTINCT l.id) FILTER (WHERE e.source = 'hard_bounce'), count(DISTINCT l.id) FILTER (WHERE e.source = 'complaint'),
                   count(DISTINCT l.id) FILTER (WHERE e.source <> 'complaint' AND {OPT_OUT})
              FROM customers_consentevent e
             CROSS JOIN LATERAL (SELECT id, attempted_at FROM public.{table.name} WHERE tenant_id = %(tenant)s AND campaign_key = %(key)s
                                    AND {table.address} = e.address_tag OFFSET 0) l  -- one look for each event, never all messages
             WHERE e.channel = %(channel)s AND e.action = 'withdrawn' AND e.created_at >= %(since)s
               AND l.attempted_at >= %(since)s AND l.attempted_at <= e.created_at
            """,
            {"tenant": connection.schema_name, "key": key, "channel": channel.value, "since": since},
        )
        bounced, complaints, opt_outs = cursor.fetchone()
    return Answers(channel, bounced=bounced, complaints=complaints, opt_outs=opt_outs)


def _answers(key: str, said: Answers, since: datetime.datetime) -> Answers:
    """Return what people said together with what the provider said of each message since."""
    table = ledger_table(said.channel)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT count(*), count(*) FILTER (WHERE state = 'sent'),
                   count(*) FILTER (WHERE state = 'rejected' OR provider_status = ANY(%s))
              FROM public.{table.name}
             WHERE tenant_id = %s AND campaign_key = %s AND attempted_at >= %s AND state IN ('sent', 'rejected')
            """,
            [["failed", "undelivered", "canceled", "bounce", "dropped"], connection.schema_name, key, since],
        )
        outcomes, sent, failed = cursor.fetchone()
    return Answers(said.channel, outcomes, sent, failed, said.bounced, said.complaints, said.opt_outs)
