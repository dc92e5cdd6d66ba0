"""Connections to PostgreSQL, and the one map from its errors to ours."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from mlmon_report_writer.errors import RejectedValueError
from mlmon_shared.errors import ConfigurationError, StoreUnavailableError

_REFUSED_CLASSES: Final = ("22", "23", "54")
"""SQLSTATE: bad data, broken constraints, program limits. The same value fails again."""
_MISSING_TABLE: Final = "42P01"


def create_engine(database_url: str, *, is_pooled: bool = True) -> AsyncEngine:
    """Return an engine that connects when it is first used.

    Args:
        database_url: `postgresql://…`, with or without a driver.
        is_pooled: Whether connections are kept for the next use.

    Raises:
        ConfigurationError: The URL is not one of PostgreSQL.
    """
    try:
        url = make_url(database_url).set(drivername="postgresql+asyncpg")
    except ArgumentError as error:
        raise ConfigurationError("the database URL is not one of PostgreSQL") from error
    options: dict[str, Any] = (
        {"pool_pre_ping": True, "pool_size": 5, "pool_timeout": 5}
        if is_pooled
        else {"poolclass": NullPool}
    )
    return create_async_engine(
        url,
        connect_args={
            "timeout": 5,
            "command_timeout": 60,
            "server_settings": {"application_name": "mlmon-report-writer"},
        },
        **options,
    )


@asynccontextmanager
async def mapped_errors() -> AsyncIterator[None]:
    """Turn what the driver raises into errors of ours."""
    try:
        yield
    except DBAPIError as error:
        state = str(getattr(error.orig, "sqlstate", None) or "")
        why = str(error.orig).rpartition(">: ")[2]
        # The driver itself refuses what it cannot encode, without asking the server.
        if state.startswith(_REFUSED_CLASSES) or _is_client_side(error):
            raise RejectedValueError(f"PostgreSQL refuses a value: {why}") from error
        if state == _MISSING_TABLE:
            why = "its tables are missing; run `mlmon-report-writer migrate`"
        raise _unavailable(why) from error
    except (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise _unavailable(str(error) or type(error).__name__) from error


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Yield a connection in a transaction that is committed at the end; errors are ours."""
    async with mapped_errors(), engine.begin() as connection:
        yield connection


async def check(engine: AsyncEngine) -> str | None:
    """Say what is wrong, for readiness."""
    try:
        async with transaction(engine) as connection:
            await connection.execute(text("SELECT 1 FROM stream_offsets LIMIT 1"))
    except StoreUnavailableError as error:
        return error.detail
    return None


def _is_client_side(error: DBAPIError) -> bool:
    return isinstance(getattr(error.orig, "__cause__", None), asyncpg.DataError)


def _unavailable(why: str) -> StoreUnavailableError:
    return StoreUnavailableError(f"PostgreSQL does not answer: {why}", retry_after_seconds=2)
