"""The tables as queries see them; the migrations are what makes them.

Names compare by bytes (collation "C"), so that cursors mean the same everywhere.
"""

from typing import Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    Identity,
    Integer,
    MetaData,
    String,
    Table,
)
from sqlalchemy.dialects.postgresql import JSONB

METADATA: Final = MetaData()


def _name(column: str = "name") -> "Column[str]":
    return Column(column, String(collation="C"), primary_key=True)


CONFIG_REVISION: Final = Table(
    "config_revision",
    METADATA,
    Column("is_only_row", Boolean, primary_key=True),
    Column("revision", BigInteger, nullable=False),
)
JOB_DEFINITIONS: Final = Table(
    "job_definitions",
    METADATA,
    _name(),
    Column("version", Integer, primary_key=True),
    Column("definition", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", String, nullable=False),
)
CURRENT_JOB_DEFINITIONS: Final = Table(
    "current_job_definitions",
    METADATA,
    _name(),
    Column("version", Integer, nullable=False),
    Column("archived_at", DateTime(timezone=True)),
    Column("archived_by", String),
)
PINS: Final = Table(
    "pins",
    METADATA,
    _name(),
    _name("client"),
    Column("version", Integer, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("changed_by", String, nullable=False),
)
CANARIES: Final = Table(
    "canaries",
    METADATA,
    _name(),
    Column("version", Integer, nullable=False),
    Column("percent", Double, nullable=False),
    Column("clients", ARRAY(String), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("changed_by", String, nullable=False),
)


def _entries(table: str) -> Table:
    return Table(
        table,
        METADATA,
        _name(),
        Column("document", JSONB, nullable=False),
        Column("changed_at", DateTime(timezone=True), nullable=False),
        Column("changed_by", String, nullable=False),
    )


def _pauses(name: str) -> Table:
    return Table(
        name,
        METADATA,
        _name(),
        Column("reason", String, nullable=False),
        Column("paused_at", DateTime(timezone=True), nullable=False),
        Column("paused_by", String, nullable=False),
    )


CLIENTS: Final = _entries("clients")
PAUSED_CLIENTS: Final = _pauses("paused_clients")
PAUSED_SCHEDULES: Final = _pauses("paused_schedules")
POOLS: Final = _entries("pools")
RESOURCES: Final = _entries("resources")
WEBHOOKS: Final = _entries("webhooks")
WEBHOOK_SECRETS: Final = Table(
    "webhook_secrets",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("webhook", String(collation="C"), nullable=False),
    Column("secret", String),
    Column("envelope", JSONB(none_as_null=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True)),
)
AUDIT_EVENTS: Final = Table(
    "audit_events",
    METADATA,
    Column("revision", BigInteger, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("by", String, nullable=False),
    Column("kind", String(collation="C"), nullable=False),
    Column("name", String(collation="C"), nullable=False),
    Column("action", String, nullable=False),
    Column("before", JSONB),
    Column("after", JSONB),
)
SECRETS: Final = Table(
    "secrets",
    METADATA,
    _name(),
    Column("description", String, nullable=False),
    Column("clients", JSONB, nullable=False),
    Column("jobs", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Column("source", String, nullable=False),
    Column("problem", String, nullable=False),
    Column("envelope", JSONB, nullable=False),
    Column("sealed", String, nullable=False),
    Column("sealed_for", String, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("changed_by", String, nullable=False),
)
TOKENS: Final = Table(
    "tokens",
    METADATA,
    Column("id", String, primary_key=True),
    Column("name", String(collation="C"), nullable=False),
    Column("sha256", String, nullable=False),
    Column("scopes", ARRAY(String), nullable=False),
    Column("pool", String),
    Column("clients", ARRAY(String)),
    Column("jobs", ARRAY(String)),
    Column("expires_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("revoked_at", DateTime(timezone=True)),
)
