"""Create what webhooks are sent, and a copy of who hears what.

Ids carry the time of the outcome and sort by it, by bytes (collation "C").

Revision: 0010
"""

from alembic import op

revision = "0010"
down_revision = "0002"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "CREATE TABLE webhook_listeners (name text PRIMARY KEY, document jsonb NOT NULL)",
    """
    CREATE TABLE webhook_deliveries (
        id text COLLATE "C" PRIMARY KEY,
        webhook text NOT NULL,
        event text NOT NULL,
        subject text NOT NULL,
        occurred_at timestamptz NOT NULL,
        state text NOT NULL DEFAULT 'pending',
        tries integer NOT NULL DEFAULT 0,
        next_try_at timestamptz,
        give_up_at timestamptz,
        last_tried_at timestamptz,
        last_status integer,
        last_error text NOT NULL DEFAULT ''
    )
    """,
    """
    CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook, next_try_at)
        WHERE state = 'pending'
    """,
    "CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (webhook, id)",
    """
    CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (last_tried_at)
        WHERE state <> 'pending'
    """,
)


def upgrade() -> None:
    """Create the tables and indexes."""
    for statement in _STATEMENTS:
        op.execute(statement)
