"""Copies of what config-api has, and how long its jobs take, in Redis."""

from collections.abc import Sequence
from typing import cast

from mlmon_scheduler.adapters.redis.commands import RedisCommands, hash_of
from mlmon_scheduler.adapters.redis.keys import key
from mlmon_shared.wire.catalog import Snapshot
from mlmon_shared.wire.models import read_json


class CatalogCopies(RedisCommands):
    """The part of the store of runs that does without config-api."""

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a copy."""
        await self._do("SET", key("snapshot"), snapshot.model_dump_json(by_alias=True))

    async def find_snapshot(self) -> Snapshot | None:
        """Return the copy."""
        found = await self._do("GET", key("snapshot"))
        return read_json(Snapshot, found) if found is not None else None

    async def save_spec(self, job: str, version: int, definition: str) -> None:
        """Keep the definition that live runs of this version use."""
        await self._do("SET", key("spec", job, version), definition)

    async def find_spec(self, job: str, version: int) -> str | None:
        """Return a kept definition."""
        return cast("str | None", await self._do("GET", key("spec", job, version)))

    async def read_durations(self, versions: Sequence[tuple[str, int]]) -> list[dict[int, int]]:
        """Return a histogram for each, of the job's while the version has none."""
        commands = [
            ("HGETALL", key("durations", job, version))
            for job, number in versions
            for version in (number, "*")
        ]
        found = [hash_of(answer) for answer in await self._many(commands)]
        return [
            {int(bucket): int(count) for bucket, count in (own or of_job).items()}
            for own, of_job in zip(found[::2], found[1::2], strict=True)
        ]
