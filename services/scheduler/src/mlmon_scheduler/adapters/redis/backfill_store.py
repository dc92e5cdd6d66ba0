"""Backfills in Redis."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from mlmon_scheduler.adapters.redis.commands import RedisCommands, hash_of
from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.application.backfills import StoredBackfill
from mlmon_shared.wire.backfills import BackfillDocument, BackfillState, SkippedRun

_KEPT: Final = 100
_COUNT: Final = "count:"
_SKIPPED_KEPT: Final = 100
_SPEC: Final = {
    "id", "request", "schedule", "plan", "config_revision", "created_at", "submitted_by",
}  # fmt: skip
_LISTS: Final = ("backfill_batches", "backfill_skipped")


class RedisBackfillStore(RedisCommands):
    """Implements `BackfillStore`.

    Args:
        scripts: On the Redis of live runs.
    """

    async def add(self, document: BackfillDocument) -> None:
        """Keep a new one; one that is there stays as it is."""
        spec = document.model_dump_json(include=_SPEC)
        await self._scripts.call(
            "add_backfill", [key("ep")], [document.id, spec, document.state.value]
        )
        for old in (await self._do("ZRANGE", key("backfills"), 0, -1))[:-_KEPT]:
            state = await self._do("HGET", key("backfill", old), "state")
            if state in {BackfillState.CANCELLED, BackfillState.FINISHED}:
                await self._do("ZREM", key("backfills"), old)
                await self._do("DEL", *(key(name, old) for name in ("backfill", *_LISTS)))

    async def find(self, backfill_id: str) -> StoredBackfill | None:
        """Return one."""
        answer, batches, skipped = await self._many(
            [
                ("HGETALL", key("backfill", backfill_id)),
                ("SMEMBERS", key("backfill_batches", backfill_id)),
                ("LRANGE", key("backfill_skipped", backfill_id), 0, -1),
            ]
        )
        fields = hash_of(answer)
        if not fields:
            return None
        known = {
            "state": fields["state"],
            "slots_started": int(fields["slots_started"]),
            "skipped": [json.loads(each) for each in skipped],
            "skipped_count": int(fields["skipped_count"]),
        }
        return StoredBackfill(
            document=BackfillDocument.model_validate({**json.loads(fields["spec"]), **known}),
            batches=sorted(batches),
            counts={
                name.removeprefix(_COUNT): int(number)
                for name, number in fields.items()
                if name.startswith(_COUNT)
            },
        )

    async def list_ids(self) -> Sequence[str]:
        """Return the ids of all, the newest first."""
        return list(await self._do("ZRANGE", key("backfills"), 0, -1, "REV"))

    async def set_state(
        self, backfill_id: str, state: BackfillState, *, was: BackfillState
    ) -> bool:
        """Change the state; False when it is another one by now."""
        status, _ = await self._scripts.call(
            "change_backfill", [key("ep")], [backfill_id, was.value, state.value]
        )
        return status == 0

    async def begin_slot(self, backfill_id: str, batch_id: str) -> None:
        """Note a batch before it is opened."""
        await self._do("SADD", key("backfill_batches", backfill_id), batch_id)

    async def note_slots(
        self, backfill_id: str, slots_started: int, skipped: Sequence[SkippedRun] = ()
    ) -> None:
        """Note how many slots were dealt with, and what had no run; nothing if more were."""
        shown = [each.model_dump_json() for each in skipped[-_SKIPPED_KEPT:]]
        await self._scripts.call(
            "note_backfill",
            [key("ep")],
            [backfill_id, slots_started, len(skipped), _SKIPPED_KEPT, *shown],
        )

    async def end_batch(self, backfill_id: str, batch_id: str, counts: Mapping[str, int]) -> None:
        """Note what became of a batch, once."""
        removed = await self._do("SREM", key("backfill_batches", backfill_id), batch_id)
        if not removed:
            return
        await self._many(
            [
                ("HINCRBY", key("backfill", backfill_id), f"{_COUNT}{state}", number)
                for state, number in counts.items()
                if number
            ]
        )
