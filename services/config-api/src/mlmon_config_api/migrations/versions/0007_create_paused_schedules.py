"""Create the table of paused schedules."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "paused_schedules",
        sa.Column("name", sa.String(collation="C"), primary_key=True),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_by", sa.String, nullable=False),
    )
