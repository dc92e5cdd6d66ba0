"""Create users, their sessions, invitations and failed tries to sign in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def _user() -> "sa.Column[str]":
    return sa.Column(
        "user_name",
        sa.String(collation="C"),
        sa.ForeignKey("users.name", ondelete="CASCADE"),
        nullable=False,
    )


def upgrade() -> None:
    """Create the tables and their indexes."""
    op.create_table(
        "users",
        sa.Column("name", sa.String(collation="C"), primary_key=True),
        sa.Column("document", postgresql.JSONB, nullable=False),
        sa.Column("password_hash", sa.String),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String, nullable=False),
    )
    op.execute(
        "CREATE UNIQUE INDEX users_identity ON users "
        "((document #>> '{identity,issuer}'), (document #>> '{identity,subject}'))"
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False, unique=True),
        _user(),
        sa.Column("method", sa.String, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("user_agent", sa.String, nullable=False),
    )
    op.create_index("sessions_of_a_user", "sessions", ["user_name"])
    op.create_table(
        "invitations",
        sa.Column("sha256", sa.String(64), primary_key=True),
        _user(),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("invitations_of_a_user", "invitations", ["user_name"])
    op.create_table(
        "sign_in_failures",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "oidc_sign_ins",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("nonce", sa.String, nullable=False),
        sa.Column("code_verifier", sa.String, nullable=False),
        sa.Column("return_to", sa.String, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "pass_keys",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("public_key", postgresql.JSONB, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
