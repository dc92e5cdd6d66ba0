"""Turn what SQLAlchemy and asyncpg raise when PostgreSQL is away into our error."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import asyncpg
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from mlmon_shared.errors import StoreUnavailableError

RETRY_AFTER_SECONDS: Final = 2

# Connection, resources, operator intervention, system, authorisation, wrong database,
# rolled back, lock not available, read-only after a failover.
_UNAVAILABLE: Final = ("08", "53", "57", "58", "28", "3D", "40", "55P03", "25006")
_UNDEFINED_TABLE: Final = "42P01"

log = structlog.get_logger(__name__)


@contextmanager
def mapped_errors() -> Iterator[None]:
    """Raise `StoreUnavailableError` instead of a library's error about the connection.

    Errors that are bugs (a wrong query, a broken constraint) pass unchanged.
    """
    try:
        yield
    except (DBAPIError, PoolTimeoutError, asyncpg.PostgresError, OSError) as error:
        detail = _explain(error)
        if detail is None:
            raise
        log.warning("postgres does not answer", error=type(error).__name__, cause=str(error)[:300])
        raise StoreUnavailableError(detail, retry_after_seconds=RETRY_AFTER_SECONDS) from error


def _explain(error: Exception) -> str | None:
    cause = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(cause, "sqlstate", None)
    if state == _UNDEFINED_TABLE:
        return "PostgreSQL has no schema of ours yet; run mlmon-config-api migrate"
    is_connection = state is None and not isinstance(cause, asyncpg.DataError)
    if is_connection or (state is not None and state.startswith(_UNAVAILABLE)):
        return "PostgreSQL does not answer; nothing was changed, try again in a moment"
    return None
