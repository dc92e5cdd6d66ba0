"""Create the webhooks and their secrets."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "webhooks",
        sa.Column("name", sa.String(collation="C"), primary_key=True),
        sa.Column("document", postgresql.JSONB, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String, nullable=False),
    )
    op.create_table(
        "webhook_secrets",
        sa.Column(
            "webhook", sa.String(collation="C"), sa.ForeignKey("webhooks.name"), primary_key=True
        ),
        sa.Column("secret", sa.String, primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
    )
