"""Create the table of secrets."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "secrets",
        sa.Column("name", sa.String(collation="C"), primary_key=True),
        sa.Column("description", sa.String, nullable=False),
        sa.Column("clients", JSONB, nullable=False),
        sa.Column("jobs", JSONB, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("problem", sa.String, nullable=False),
        sa.Column("envelope", JSONB, nullable=False),
        sa.Column("sealed", sa.String, nullable=False),
        sa.Column("sealed_for", sa.String, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String, nullable=False),
    )
