"""Create pins and canaries: which clients use another version of a job than the current one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "pins",
        sa.Column("name", sa.String(collation="C"), primary_key=True),
        sa.Column("client", sa.String(collation="C"), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String, nullable=False),
        sa.ForeignKeyConstraint(
            ["name", "version"], ["job_definitions.name", "job_definitions.version"]
        ),
    )
    op.create_table(
        "canaries",
        sa.Column("name", sa.String(collation="C"), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column(
            "percent",
            sa.Double,
            sa.CheckConstraint("percent BETWEEN 0 AND 100"),
            nullable=False,
        ),
        sa.Column("clients", postgresql.ARRAY(sa.String(collation="C")), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String, nullable=False),
        sa.ForeignKeyConstraint(
            ["name", "version"], ["job_definitions.name", "job_definitions.version"]
        ),
    )
