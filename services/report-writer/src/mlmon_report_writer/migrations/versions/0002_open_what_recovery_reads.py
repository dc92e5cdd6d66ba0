"""Let recovery find what is not final, and note where a stream does not go on.

Revision: 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "ALTER TABLE stream_offsets ADD COLUMN is_broken boolean NOT NULL DEFAULT false",
    """
    CREATE INDEX runs_open ON runs (id)
        WHERE state NOT IN ('succeeded', 'failed', 'cancelled', 'skipped', 'expired')
    """,
    "CREATE INDEX batches_open ON batches (id) WHERE state <> 'finished'",
)


def upgrade() -> None:
    """Add the column and the indexes."""
    for statement in _STATEMENTS:
        op.execute(statement)
