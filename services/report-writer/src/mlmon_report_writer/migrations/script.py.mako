"""${message}.

Revision: ${up_revision}
Follows: ${down_revision | comma,n}
"""

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it; `migrating` has set lock_timeout, so a busy table makes it fail, not wait."""
    ${upgrades if upgrades else "op.execute()"}
