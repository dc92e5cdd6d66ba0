"""Run by Alembic: applies the migrations on the connection that `migrating` made."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, version_table="report_writer_schema_version")
with context.begin_transaction():
    context.run_migrations()
