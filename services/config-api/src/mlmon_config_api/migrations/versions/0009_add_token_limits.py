"""Add what tokens are limited to."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; tokens that exist stay without limits."""
    op.add_column("tokens", sa.Column("clients", sa.ARRAY(sa.String)))
    op.add_column("tokens", sa.Column("jobs", sa.ARRAY(sa.String)))
