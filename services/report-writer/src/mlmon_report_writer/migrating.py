"""Bring the database up to date."""

import asyncio
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from mlmon_report_writer.adapters.postgres.connections import create_engine, mapped_errors

_LOCK: Final = 0x6D6C6D6E_0001
_SCRIPTS: Final = Path(__file__).parent / "migrations"


def migrate(database_url: str) -> None:
    """Apply the migrations that the database lacks.

    Replicas may call it at once: one applies them, the others wait for it. It blocks;
    call it outside an event loop or in a thread.

    Args:
        database_url: Of the database "reports".

    Raises:
        StoreUnavailableError: PostgreSQL does not answer, or a table was busy too long.
    """
    asyncio.run(_migrate(database_url))


async def _migrate(database_url: str) -> None:
    engine = create_engine(database_url, is_pooled=False)
    try:
        async with mapped_errors(), engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            # After the line above, because waiting for another replica is no failure.
            await connection.execute(text("SET LOCAL lock_timeout = '5s'"))
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
