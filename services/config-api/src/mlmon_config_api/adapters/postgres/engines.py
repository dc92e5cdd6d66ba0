"""Connect to PostgreSQL."""

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from mlmon_shared.errors import ConfigurationError

_COMMAND_TIMEOUT_SECONDS = 10.0


def read_url(database_url: str) -> URL:
    """Return the URL for asyncpg; `postgresql://` and `postgres://` are understood too.

    Raises:
        ConfigurationError: It is no URL of PostgreSQL.
    """
    try:
        url = make_url(database_url)
    except ArgumentError as error:
        # The text itself may hold a password, so it is not repeated.
        raise ConfigurationError("database_url is no URL; write postgresql://…") from error
    if url.drivername.split("+")[0] not in {"postgresql", "postgres"}:
        raise ConfigurationError(f"database_url is for {url.drivername}; write postgresql://…")
    return url.set(drivername="postgresql+asyncpg")


def create_engine(
    database_url: str, *, connect_timeout_seconds: float, pool_size: int
) -> AsyncEngine:
    """Return an engine that connects when it is first used; the caller disposes of it.

    Raises:
        ConfigurationError: The URL is not one of PostgreSQL.
    """
    return create_async_engine(
        read_url(database_url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=connect_timeout_seconds,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={
            "timeout": connect_timeout_seconds,
            "command_timeout": _COMMAND_TIMEOUT_SECONDS,
            "server_settings": {"application_name": "mlmon-config-api"},
        },
    )
