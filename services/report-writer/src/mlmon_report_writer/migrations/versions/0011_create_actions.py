"""Create the record of what people did, to which rows can only be added.

Ids sort by time, and by bytes (collation "C"). It is kept for good, as all of history is.

Revision: 0011
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    CREATE TABLE actions (
        id text COLLATE "C" PRIMARY KEY,
        at timestamptz NOT NULL,
        by text NOT NULL,
        action text NOT NULL,
        kind text NOT NULL,
        name text COLLATE "C" NOT NULL,
        client text,
        job text,
        before jsonb,
        after jsonb,
        request_id text
    )
    """,
    "CREATE INDEX actions_of_a_thing ON actions (kind, name, id)",
    "CREATE INDEX actions_by_whom ON actions (by, id)",
    "CREATE INDEX actions_by_client ON actions (client, id) WHERE client IS NOT NULL",
    """
    CREATE FUNCTION refuse_change_of_actions() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'actions is append-only';
    END $$
    """,
    """
    CREATE TRIGGER actions_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON actions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_actions()
    """,
)


def upgrade() -> None:
    """Create the table, its indexes and the trigger."""
    for statement in _STATEMENTS:
        op.execute(statement)
