"""The send ledger's tables: one idempotent DDL, used by the migration and by the create command alike.

One table a channel, all of one shape. A row is the claim on an address under a campaign key: it is written before the
provider is called, it is unique, and it outlives the campaign's own rows. `phone` holds the tenant's tag of the number (a
keyed hash), so the table recognises a number for ever without containing it.
"""

from dataclasses import dataclass

from psycopg import sql

from servicepro.lib.tenancy import connection


@dataclass(frozen=True, slots=True)
class LedgerTable:
    """A channel's table and the names of its address, provider id and success columns."""

    name: str
    address: str
    sid: str
    ok: str


SMS = LedgerTable("port_recovery_sms_sends", "phone", "sms_sid", "sms_ok")
EMAIL = LedgerTable("email_sends", "email", "message_id", "email_ok")
WHATSAPP = LedgerTable("whatsapp_sends", "phone", "message_sid", "message_ok")
TABLES = {"sms": SMS, "email": EMAIL, "whatsapp": WHATSAPP}

_CREATE = """
CREATE TABLE IF NOT EXISTS public.{table} (
    id bigserial PRIMARY KEY,
    tenant_id text NOT NULL,
    campaign_key text NOT NULL,
    {address} text NOT NULL,
    {sid} text NULL,
    {ok} boolean NOT NULL DEFAULT false,
    attempted_at timestamptz NOT NULL DEFAULT now(),
    last_error text NULL,
    attempt_id uuid NULL,
    state text NOT NULL DEFAULT 'claimed',
    sender text NULL,
    body_digest text NULL,
    provider_status text NULL,
    provider_rank smallint NOT NULL DEFAULT 0,
    attempts integer NOT NULL DEFAULT 1,
    settled_at timestamptz NULL
);
ALTER TABLE public.{table}
    ADD COLUMN IF NOT EXISTS attempt_id uuid NULL,
    ADD COLUMN IF NOT EXISTS state text NOT NULL DEFAULT 'claimed',
    ADD COLUMN IF NOT EXISTS sender text NULL,
    ADD COLUMN IF NOT EXISTS body_digest text NULL,
    ADD COLUMN IF NOT EXISTS provider_status text NULL,
    ADD COLUMN IF NOT EXISTS provider_rank smallint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS attempts integer NOT NULL DEFAULT 1,
    ADD COLUMN IF NOT EXISTS settled_at timestamptz NULL;
CREATE UNIQUE INDEX IF NOT EXISTS {once} ON public.{table} (tenant_id, campaign_key, {address});
CREATE INDEX IF NOT EXISTS {by_attempt} ON public.{table} (attempt_id);
-- Every row is written twice, as a claim and with its outcome: with room beside it the second writing touches no index.
ALTER TABLE public.{table} SET (fillfactor = 40);
DO $$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = {state_check_name}
                   AND conrelid = {qualified}::regclass) THEN
        ALTER TABLE public.{table} ADD CONSTRAINT {state_check}
            CHECK (state IN ('claimed', 'sent', 'rejected', 'released'));
    END IF;
END $$;
"""


def ledger_ddl(table: LedgerTable) -> str:
    """Return the SQL that makes one channel's table, its constraints and indexes, where they are missing."""
    return (
        sql.SQL(_CREATE)
        .format(
            table=sql.Identifier(table.name),
            address=sql.Identifier(table.address),
            sid=sql.Identifier(table.sid),
            ok=sql.Identifier(table.ok),
            once=sql.Identifier(f"{table.name}_once"),
            by_attempt=sql.Identifier(f"{table.name}_attempt"),
            state_check=sql.Identifier(f"{table.name}_state"),
            state_check_name=sql.Literal(f"{table.name}_state"),
            qualified=sql.Literal(f"public.{table.name}"),
        )
        .as_string()
    )


def create_ledger_tables() -> None:
    """Make every table of the send ledger where it is missing; safe to run any number of times."""
    with connection.cursor() as cursor:
        for table in TABLES.values():
            cursor.execute(ledger_ddl(table))
