"""Alembic's environment: run within the transaction that `migrating.migrate` opened."""

from alembic import context
from sqlalchemy import text

from mlmon_config_api.adapters.postgres.tables import METADATA

connection = context.config.attributes["connection"]
# A migration that cannot get its lock gives up, rather than queue all others behind it.
connection.execute(text("SET LOCAL lock_timeout = '5s'"))
context.configure(connection=connection, target_metadata=METADATA)
context.run_migrations()
