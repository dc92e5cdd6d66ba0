"""Bring the database's schema up to date."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from mlmon_config_api.adapters.postgres.engines import read_url
from mlmon_config_api.adapters.postgres.errors import mapped_errors

_SCRIPTS: Final = Path(__file__).parent / "migrations"
_CONNECT_TIMEOUT_SECONDS: Final = 10.0
# Any number will do, as long as every replica uses the same and nobody else does.
_ADVISORY_LOCK: Final = 0x6D6C_6D6F_6E01


def migrate(database_url: str) -> None:
    """Apply the migrations that the database lacks, all or none of them.

    Replicas may call it at the same moment: one works and the others wait. It blocks,
    and may be called with or without a running event loop.

    Raises:
        ConfigurationError: The URL is not one of PostgreSQL.
        StoreUnavailableError: PostgreSQL does not answer.
    """
    # A thread of its own, because the caller's may run an event loop already.
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(asyncio.run, _migrate(database_url)).result()


async def _migrate(database_url: str) -> None:
    engine = create_async_engine(
        read_url(database_url),
        poolclass=NullPool,
        connect_args={"timeout": _CONNECT_TIMEOUT_SECONDS},
    )
    try:
        with mapped_errors():
            async with engine.begin() as connection:
                await connection.execute(
                    text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK}
                )
                await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
