"""Create the catalog: job definitions, clients, pools, tokens and the revision."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create all tables."""
    revisions = op.create_table(
        "config_revision",
        sa.Column("is_only_row", sa.Boolean, sa.CheckConstraint("is_only_row"), primary_key=True),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(revisions, [{"is_only_row": True, "revision": 0}])
    op.create_table(
        "job_definitions",
        sa.Column("name", sa.String(collation="C"), primary_key=True),
        sa.Column("version", sa.Integer, sa.CheckConstraint("version > 0"), primary_key=True),
        sa.Column("definition", postgresql.JSONB, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
    )
    op.create_table(
        "current_job_definitions",
        sa.Column("name", sa.String(collation="C"), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(
            ["name", "version"], ["job_definitions.name", "job_definitions.version"]
        ),
    )
    for table in ("clients", "pools"):
        op.create_table(
            table,
            sa.Column("name", sa.String(collation="C"), primary_key=True),
            sa.Column("document", postgresql.JSONB, nullable=False),
            sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
            sa.Column("changed_by", sa.String, nullable=False),
        )
    op.create_table(
        "tokens",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String(collation="C"), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.String), nullable=False),
        sa.Column("pool", sa.String(collation="C"), sa.ForeignKey("pools.name")),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
    )
    # A name or secret may come back once its token is revoked (bootstrap files roll back).
    for column in ("name", "sha256"):
        op.create_index(
            f"tokens_valid_{column}",
            "tokens",
            [column],
            unique=True,
            postgresql_where=sa.text("revoked_at IS NULL"),
        )
