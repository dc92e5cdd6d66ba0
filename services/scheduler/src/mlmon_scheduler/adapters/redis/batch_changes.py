"""Changes of all waiting runs of batches, in Redis until they are done."""

import json
from dataclasses import asdict, replace
from typing import Final, cast

from mlmon_scheduler.adapters.redis.commands import RedisCommands
from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.application.stored import BatchChange
from mlmon_shared.wire.actions import Action
from mlmon_shared.wire.records import BATCH_CHANGES

_NEVER: Final = "-"
"""What no change is written as."""


class RedisBatchChanges(RedisCommands):
    """Implements `BatchChangeStore`: a field of the batch for each aspect, gone with the batch."""

    async def ask(self, batch_id: str, change: BatchChange) -> None:
        """Remember a change in the place of an earlier one of the same aspect."""
        await self._note(batch_id, _field(change), "", _written(change))

    async def list_batches(self) -> list[str]:
        """Return the batches of which something is still to be changed, oldest first."""
        return cast("list[str]", await self._do("ZRANGE", key("changing"), 0, -1))

    async def list_changes(self, batch_id: str) -> list[BatchChange]:
        """Return what is still to be changed; at most one of each aspect."""
        found = await self._do("HMGET", key("batch", batch_id), *BATCH_CHANGES)
        return [_read(text) for text in found if text]

    async def note(self, batch_id: str, change: BatchChange, done: int | None) -> None:
        """Remember how far a change is, or, for None, that it is done."""
        now = "" if done is None else _written(replace(change, done=done))
        await self._note(batch_id, _field(change), _written(change), now)

    async def settle(self, batch_id: str) -> None:
        """Strike a batch off the list if nothing of it is to be changed."""
        await self._note(batch_id, BATCH_CHANGES[0], _NEVER, "")

    async def _note(self, batch_id: str, field: str, before: str, now: str) -> None:
        await self._scripts.call("note_batch_change", [key("ep")], [batch_id, field, before, now])


def _field(change: BatchChange) -> str:
    return f"change_{change.aspect}"


def _written(change: BatchChange) -> str:
    return json.dumps(asdict(change), sort_keys=True)


def _read(text: str) -> BatchChange:
    values = json.loads(text)
    return BatchChange(**values | {"action": Action(values["action"])})
