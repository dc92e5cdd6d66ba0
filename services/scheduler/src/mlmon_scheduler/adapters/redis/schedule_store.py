"""How far schedules are, in Redis."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from mlmon_scheduler.adapters.redis.commands import RedisCommands
from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.application.fire_schedules import NewestRun
from mlmon_scheduler.application.link_batches import item_run_id
from mlmon_scheduler.domain.schedules import ScheduleState
from mlmon_shared.wire.models import read_json
from mlmon_shared.wire.records import from_milliseconds, to_milliseconds
from mlmon_shared.wire.schedules import FiringDocument
from mlmon_shared.wire.states import FINAL_RUN_STATES, BatchState, RunState

_FIRINGS_KEPT: Final = 50
_CHUNK: Final = 500


class RedisScheduleStore(RedisCommands):
    """Implements `ScheduleStore`.

    Args:
        scripts: On the Redis of live runs.
    """

    async def read_states(self, jobs: Sequence[str]) -> Mapping[str, ScheduleState]:
        """Return the states of those of these jobs that have one."""
        packed = await self._do("HMGET", key("schedules"), *jobs)
        states = {}
        for job, text in zip(jobs, packed, strict=True):
            if text is not None:
                slot, _, signature = text.partition("|")
                states[job] = ScheduleState(from_milliseconds(slot), signature)
        return states

    async def note_state(self, job: str, state: ScheduleState) -> None:
        """Keep how far a job's schedule is; it never goes back."""
        slot = to_milliseconds(state.slot)
        await self._scripts.call("note_slot", [key("ep")], [job, slot, state.signature])

    async def forget_states(self, jobs: Sequence[str]) -> None:
        """Forget how far these are: they have no schedule any more."""
        some = [jobs[start : start + _CHUNK] for start in range(0, len(jobs), _CHUNK)]
        await self._many([("HDEL", key("schedules"), *chunk) for chunk in some])

    async def has_firing(self, job: str, slot: datetime) -> bool:
        """Tell whether it is known what a slot came to."""
        return bool(await self._do("HEXISTS", key("firings", job), to_milliseconds(slot)))

    async def find_newest(self, job: str, clients: Sequence[str]) -> Mapping[str, NewestRun]:
        """Return the runs that are not final: each client's newest of the job, or a slot's.

        Those of backfills do not count: the schedule goes on beside them.
        """
        found: dict[str, NewestRun] = {}
        open_slots = await self._list_open_slots(job)
        for start in range(0, len(clients), _CHUNK):
            some = clients[start : start + _CHUNK]
            newest = await self._many([("GET", key("latest", job, client)) for client in some])
            # Of a final run, more than its id is kept.
            named = {
                client: run
                for client, run in zip(some, newest, strict=True)
                if run is not None and "|" not in run
            }
            found |= await self._read_live(job, named)
            # A newer run may have come after that of a slot: one of a backfill, or one that ended.
            for batch_id in open_slots:
                left = [client for client in some if client not in found]
                of_slot = {client: item_run_id(batch_id, client) for client in left}
                found |= await self._read_live(job, of_slot)
        return found

    async def _list_open_slots(self, job: str) -> list[str]:
        """Return the batches of the schedule that are not finished, the newest first."""
        firings = sorted(await self.list_firings([job]), key=lambda each: each.slot, reverse=True)
        batches = [firing.batch for firing in firings if firing.batch is not None]
        states = await self._many([("HGET", key("batch", each), "state") for each in batches])
        return [
            batch_id
            for batch_id, state in zip(batches, states, strict=True)
            if state not in {None, BatchState.FINISHED}
        ]

    async def _read_live(self, job: str, runs: Mapping[str, str]) -> dict[str, NewestRun]:
        """Return those of these runs, by client, that are not final nor of a backfill."""
        rows = await self._many(
            [("HMGET", key("run", run), "state", "depends_on", "backfill") for run in runs.values()]
        )
        return {
            client: NewestRun(run, RunState(state), _find_awaited(job, depends_on))
            for (client, run), (state, depends_on, backfill) in zip(runs.items(), rows, strict=True)
            if state is not None and state not in FINAL_RUN_STATES and not backfill
        }

    async def note_firing(self, firing: FiringDocument) -> None:
        """Keep what a slot came to, among the last of its job."""
        name, slot = key("firings", firing.job), to_milliseconds(firing.slot)
        # The first report of a slot counts: another try finds its own runs in the way.
        await self._do("HSETNX", name, slot, firing.model_dump_json())
        kept = sorted(int(each) for each in await self._do("HKEYS", name))
        if len(kept) > _FIRINGS_KEPT:
            await self._do("HDEL", name, *kept[:-_FIRINGS_KEPT])

    async def list_firings(self, jobs: Sequence[str]) -> Sequence[FiringDocument]:
        """Return the last firings of these jobs."""
        found = await self._many([("HVALS", key("firings", job)) for job in jobs])
        return [read_json(FiringDocument, text) for firings in found for text in firings]


def _find_awaited(job: str, depends_on: str | None) -> str:
    """Return the run of its own job that a run waits or waited for last, or an empty text."""
    awaited = [
        str(link["run"])
        for link in json.loads(depends_on or "[]")
        if link.get("job") == job and link.get("run")
    ]
    return awaited[-1] if awaited else ""
