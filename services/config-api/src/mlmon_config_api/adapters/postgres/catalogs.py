"""Transactions on the catalog."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mlmon_config_api.adapters.postgres.audit import PostgresAudit
from mlmon_config_api.adapters.postgres.definitions import PostgresDefinitions
from mlmon_config_api.adapters.postgres.entries import PostgresEntries
from mlmon_config_api.adapters.postgres.errors import mapped_errors
from mlmon_config_api.adapters.postgres.pass_keys import PostgresPassKeys
from mlmon_config_api.adapters.postgres.pauses import PostgresPauses
from mlmon_config_api.adapters.postgres.rollouts import PostgresRollouts
from mlmon_config_api.adapters.postgres.secrets import PostgresSecrets
from mlmon_config_api.adapters.postgres.sessions import (
    PostgresOidcSignIns,
    PostgresSessions,
    PostgresSignInFailures,
)
from mlmon_config_api.adapters.postgres.tables import (
    CLIENTS,
    CONFIG_REVISION,
    PAUSED_CLIENTS,
    PAUSED_SCHEDULES,
    POOLS,
    RESOURCES,
)
from mlmon_config_api.adapters.postgres.tokens import PostgresTokens
from mlmon_config_api.adapters.postgres.users import PostgresInvitations, PostgresUsers
from mlmon_config_api.adapters.postgres.webhooks import PostgresWebhooks
from mlmon_config_api.domain.changes import Change
from mlmon_shared.errors import StoreUnavailableError
from mlmon_shared.wire.catalog import Client, NamedResource, Pool

_READ_ONLY = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
_LOCK_TIMEOUT = text("SET LOCAL lock_timeout = '5s'")


class PostgresCatalog:
    """Implements `Catalog` on the connection of one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self.definitions = PostgresDefinitions(connection)
        self.clients = PostgresEntries(connection, CLIENTS, Client)
        self.paused_clients = PostgresPauses(connection, PAUSED_CLIENTS)
        self.paused_schedules = PostgresPauses(connection, PAUSED_SCHEDULES)
        self.pools = PostgresEntries(connection, POOLS, Pool)
        self.resources = PostgresEntries(connection, RESOURCES, NamedResource)
        self.webhooks = PostgresWebhooks(connection)
        self.rollouts = PostgresRollouts(connection)
        self.secrets = PostgresSecrets(connection)
        self.tokens = PostgresTokens(connection)
        self.users = PostgresUsers(connection)
        self.sessions = PostgresSessions(connection)
        self.invitations = PostgresInvitations(connection)
        self.pass_keys = PostgresPassKeys(connection)
        self.audit = PostgresAudit(connection)

    async def get_revision(self) -> int:
        """Return the config revision that this transaction sees."""
        found = await self._connection.execute(select(CONFIG_REVISION.c.revision))
        return int(found.scalar_one())

    async def advance(self) -> int:
        """Return a new revision, for what others see and is no change of the configuration."""
        return await self._advance(1)

    async def record(self, changes: Sequence[Change]) -> int:
        """Keep what was changed in the audit; return the revision at which it is visible."""
        last = await self._advance(len(changes))
        await self.audit.add(changes, last - len(changes) + 1)
        return last

    async def _advance(self, by: int) -> int:
        revision = CONFIG_REVISION.c.revision
        counted = update(CONFIG_REVISION).values(revision=revision + by)
        return int((await self._connection.execute(counted.returning(revision))).scalar_one())


class PostgresAccess:
    """Implements `Access` on the connection of one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.users = PostgresUsers(connection)
        self.sessions = PostgresSessions(connection)
        self.invitations = PostgresInvitations(connection)
        self.oidc_sign_ins = PostgresOidcSignIns(connection)
        self.failures = PostgresSignInFailures(connection)


class PostgresCatalogStore:
    """Implements `CatalogStore` and `AccessStore`.

    Args:
        engine: Connects; the caller disposes of it.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def read(self) -> AsyncIterator[PostgresCatalog]:
        """Open a transaction that sees one state throughout and changes nothing."""
        with mapped_errors():
            async with self._engine.begin() as connection:
                await connection.execute(_READ_ONLY)
                yield PostgresCatalog(connection)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[PostgresCatalog]:
        """Open a transaction that no other write runs beside; it commits at its end."""
        with mapped_errors():
            async with self._engine.begin() as connection:
                await connection.execute(_LOCK_TIMEOUT)
                # One writer at a time: versions have no gaps, revisions commit in order.
                await connection.execute(select(CONFIG_REVISION).with_for_update())
                yield PostgresCatalog(connection)

    @asynccontextmanager
    async def access(self) -> AsyncIterator[PostgresAccess]:
        """Open a transaction on users and sessions, which commits at its end."""
        with mapped_errors():
            async with self._engine.begin() as connection:
                await connection.execute(_LOCK_TIMEOUT)
                yield PostgresAccess(connection)

    async def check(self) -> str | None:
        """Say what is wrong with PostgreSQL, for readiness; None when it answers."""
        try:
            async with self.read() as catalog:
                await catalog.get_revision()
        except StoreUnavailableError as error:
            return error.detail
        return None
