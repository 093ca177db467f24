"""A trigger that makes a table append-only, for the ledgers."""

from django.db import migrations


def append_only(table: str) -> migrations.RunSQL:
    """Return the operation after which the database refuses UPDATE, DELETE and TRUNCATE on `table`.

    A transaction may lift it by `SET LOCAL servicepro.erase = 'on'`, which only erasing a person's identity does.
    """
    return migrations.RunSQL(
        f"""
        CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF current_setting('servicepro.erase', true) = 'on' THEN RETURN coalesce(NEW, OLD); END IF;
            RAISE EXCEPTION 'rows of {table} are only ever added' USING ERRCODE = 'restrict_violation';
        END $$;
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION {table}_append_only();
        CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only();
        """,
        f"""
        DROP TRIGGER {table}_append_only ON {table};
        DROP TRIGGER {table}_no_truncate ON {table};
        DROP FUNCTION {table}_append_only();
        """,
    )
