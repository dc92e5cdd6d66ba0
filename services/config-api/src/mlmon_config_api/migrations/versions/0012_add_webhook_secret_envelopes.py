"""Let webhooks' secrets be stored encrypted; config-api encrypts those that there are."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the envelope, and a key that is not the secret itself."""
    op.drop_constraint("webhook_secrets_pkey", "webhook_secrets", type_="primary")
    op.alter_column("webhook_secrets", "secret", nullable=True)
    op.add_column("webhook_secrets", sa.Column("envelope", postgresql.JSONB))
    op.add_column("webhook_secrets", sa.Column("id", sa.BigInteger, sa.Identity()))
    op.create_primary_key("webhook_secrets_pkey", "webhook_secrets", ["id"])
    op.create_index("webhook_secrets_of_a_webhook", "webhook_secrets", ["webhook"])
    op.create_check_constraint(
        "webhook_secrets_is_stored_once",
        "webhook_secrets",
        "num_nonnulls(secret, envelope) = 1",
    )
