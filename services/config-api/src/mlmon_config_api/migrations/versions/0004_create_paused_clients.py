"""Create the table of paused clients."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "paused_clients",
        sa.Column(
            "name", sa.String(collation="C"), sa.ForeignKey("clients.name"), primary_key=True
        ),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_by", sa.String, nullable=False),
    )
