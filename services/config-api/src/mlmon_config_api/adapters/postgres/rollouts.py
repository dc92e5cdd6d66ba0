"""Pins and canaries in PostgreSQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, select, tuple_, union
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from mlmon_config_api.adapters.postgres.tables import (
    CANARIES,
    CURRENT_JOB_DEFINITIONS,
    JOB_DEFINITIONS,
    PINS,
)
from mlmon_config_api.application.ports import PageRequest
from mlmon_shared.wire.catalog import OtherDefinition
from mlmon_shared.wire.rollouts import CanaryRecord, PinDocument

_PINS = PINS.c
_CANARIES = CANARIES.c


class PostgresRollouts:
    """Implements `Rollouts` within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find_pin(self, job: str, client: str) -> PinDocument | None:
        """Return the pin of a client."""
        query = select(PINS).where(_PINS.name == job, _PINS.client == client)
        row = (await self._connection.execute(query)).mappings().one_or_none()
        return PinDocument.model_validate(row) if row is not None else None

    async def list_pins(self, job: str, page: PageRequest) -> Sequence[PinDocument]:
        """Return some pins of a job, by client."""
        query = select(PINS).where(_PINS.name == job).order_by(_PINS.client).limit(page.limit)
        if page.after is not None:
            query = query.where(_PINS.client > page.after)
        rows = (await self._connection.execute(query)).mappings()
        return [PinDocument.model_validate(row) for row in rows]

    async def list_pinned(self, job: str) -> Sequence[str]:
        """Return the clients that are pinned to some version of a job."""
        query = select(_PINS.client).where(_PINS.name == job).order_by(_PINS.client)
        return list((await self._connection.execute(query)).scalars())

    async def list_all_pins(self) -> Sequence[tuple[str, int, Sequence[str]]]:
        """Return the pinned clients of each job and version, sorted."""
        clients = func.array_agg(_PINS.client)
        query = select(_PINS.name, _PINS.version, clients).group_by(_PINS.name, _PINS.version)
        rows = await self._connection.execute(query.order_by(_PINS.name, _PINS.version))
        return [(name, version, sorted(found)) for name, version, found in rows]

    async def save_pin(self, pin: PinDocument) -> None:
        """Create the pin, or replace the client's."""
        values = pin.model_dump(exclude={"etag"})
        statement = upsert(PINS).values(values)
        await self._connection.execute(
            statement.on_conflict_do_update(index_elements=[_PINS.name, _PINS.client], set_=values)
        )

    async def delete_pin(self, job: str, client: str) -> None:
        """Let the client use what others use."""
        await self._connection.execute(
            delete(PINS).where(_PINS.name == job, _PINS.client == client)
        )

    async def find_canary(self, job: str) -> CanaryRecord | None:
        """Return the canary of a job."""
        query = select(CANARIES).where(_CANARIES.name == job)
        row = (await self._connection.execute(query)).mappings().one_or_none()
        return CanaryRecord.model_validate(row) if row is not None else None

    async def list_all_canaries(self) -> Sequence[CanaryRecord]:
        """Return all canaries, by job."""
        query = select(CANARIES).order_by(_CANARIES.name)
        rows = (await self._connection.execute(query)).mappings()
        return [CanaryRecord.model_validate(row) for row in rows]

    async def save_canary(self, canary: CanaryRecord) -> None:
        """Create the canary, or replace the job's."""
        values = canary.model_dump()
        statement = upsert(CANARIES).values(values)
        await self._connection.execute(
            statement.on_conflict_do_update(index_elements=[_CANARIES.name], set_=values)
        )

    async def delete_canary(self, job: str) -> None:
        """End the canary of a job."""
        await self._connection.execute(delete(CANARIES).where(_CANARIES.name == job))

    async def list_definitions(self) -> Sequence[OtherDefinition]:
        """Return the versions that pins and canaries of jobs that are not archived name."""
        current = CURRENT_JOB_DEFINITIONS.c
        named: Any = union(
            select(_PINS.name, _PINS.version), select(_CANARIES.name, _CANARIES.version)
        )
        versions = JOB_DEFINITIONS.c
        query = (
            select(versions.name, versions.version, versions.definition)
            .join(CURRENT_JOB_DEFINITIONS, current.name == versions.name)
            .where(
                tuple_(versions.name, versions.version).in_(named),
                current.version != versions.version,
                current.archived_at.is_(None),
            )
            .order_by(versions.name, versions.version)
        )
        rows = (await self._connection.execute(query)).mappings()
        return [OtherDefinition.model_validate(row) for row in rows]
