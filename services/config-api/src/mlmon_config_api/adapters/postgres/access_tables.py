"""The tables of users and signing in as queries see them; the migrations are what makes them."""

from typing import Final

from sqlalchemy import Column, DateTime, Integer, String, Table
from sqlalchemy.dialects.postgresql import JSONB

from mlmon_config_api.adapters.postgres.tables import METADATA

USERS: Final = Table(
    "users",
    METADATA,
    Column("name", String(collation="C"), primary_key=True),
    Column("document", JSONB, nullable=False),
    Column("password_hash", String),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("changed_by", String, nullable=False),
)
SESSIONS: Final = Table(
    "sessions",
    METADATA,
    Column("id", String, primary_key=True),
    Column("sha256", String, nullable=False),
    Column("user_name", String(collation="C"), nullable=False),
    Column("method", String, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("address", String, nullable=False),
    Column("user_agent", String, nullable=False),
)
INVITATIONS: Final = Table(
    "invitations",
    METADATA,
    Column("sha256", String, primary_key=True),
    Column("user_name", String(collation="C"), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)
SIGN_IN_FAILURES: Final = Table(
    "sign_in_failures",
    METADATA,
    Column("key", String, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", DateTime(timezone=True), nullable=False),
)
OIDC_SIGN_INS: Final = Table(
    "oidc_sign_ins",
    METADATA,
    Column("sha256", String, primary_key=True),
    Column("nonce", String, nullable=False),
    Column("code_verifier", String, nullable=False),
    Column("return_to", String, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)
PASS_KEYS: Final = Table(
    "pass_keys",
    METADATA,
    Column("id", String, primary_key=True),
    Column("public_key", JSONB, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)
