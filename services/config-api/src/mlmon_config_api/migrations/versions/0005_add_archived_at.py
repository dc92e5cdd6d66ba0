"""Add since when, and by whom, a job is archived."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("current_job_definitions", sa.Column("archived_at", sa.DateTime(timezone=True)))
    op.add_column("current_job_definitions", sa.Column("archived_by", sa.String))
