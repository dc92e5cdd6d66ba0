"""History as plain Python: what report-writer would have, and hand back."""

from collections import defaultdict
from typing import Any

from redis.asyncio import Redis

from mlmon_scheduler.adapters.redis.keys import key
from mlmon_shared.errors import NotFoundError
from mlmon_shared.testing.clocks import FakeClock
from mlmon_shared.wire.history import (
    EpochGrant,
    EpochRequest,
    HistoryPage,
    OpenBatchPage,
    OpenRun,
    OpenRunPage,
    ShardDocument,
    StreamDocument,
)
from mlmon_shared.wire.records import EVENT_ENVELOPE, run_document
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import FINAL_RUN_STATES

Fields = dict[str, str]


class History:
    """Merges events in their order; implements `RecoveryHistory` for runs outside batches."""

    def __init__(self, redis: Redis, clock: FakeClock) -> None:
        self._redis = redis
        self._clock = clock
        self._positions: dict[int, str] = {1: "0-0"}
        self._runs: dict[str, Fields] = {}
        self._attempts: dict[str, dict[int, Fields]] = defaultdict(dict)

    async def drain(self) -> None:
        """Take over what the newest epoch's stream has beyond what is known."""
        epoch = max(self._positions)
        entries: Any = await self._redis.xrange(
            key("events", epoch), f"({self._positions[epoch]}", "+"
        )
        for position, event in entries:
            self._positions[epoch] = position
            fields = {name: text for name, text in event.items() if name not in EVENT_ENVELOPE}
            if event["kind"] == "run":
                known = self._runs.setdefault(event["id"], {"id": event["id"]})
                known |= {**fields, "rv": event["rv"]}
            elif event["kind"] == "attempt":
                attempt = self._attempts[fields["run"]].setdefault(int(fields["number"]), {})
                attempt |= {"id": event["id"], **fields}
        await self._redis.set(key("watermark", epoch), self._positions[epoch])

    async def begin_epoch(self, request: EpochRequest) -> EpochGrant:
        epoch = max(self._positions) + 1
        self._positions[epoch] = "0-0"
        return EpochGrant(shard=request.shard, epoch=epoch)

    async def get_shard(self, shard: str) -> ShardDocument:
        streams = [
            StreamDocument(epoch=epoch, position=position, is_broken=False)
            for epoch, position in sorted(self._positions.items())
        ]
        return ShardDocument(shard=shard, streams=streams)

    async def list_runs(
        self, *, job: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> HistoryPage:
        raise AssertionError(f"{job} has no schedule")

    async def list_open_runs(
        self,
        shard: str,
        *,
        cursor: str | None = None,
        limit: int = 3,
    ) -> OpenRunPage:
        wanted = [
            name
            for name, fields in sorted(self._runs.items())
            if fields["state"] not in FINAL_RUN_STATES and name > (cursor or "")
        ]
        items = [
            OpenRun(fields=self._runs[name], attempts=self._attempts_of(name))
            for name in wanted[:limit]
        ]
        more = wanted[limit - 1] if len(wanted) > limit else None
        return OpenRunPage(items=items, next_cursor=more)

    async def get_run(self, run_id: str) -> RunDocument:
        if run_id not in self._runs:
            raise NotFoundError(f"history has no run {run_id}")
        return run_document(
            self._runs[run_id],
            self._attempts_of(run_id),
            is_durable=True,
            now_ms=self._clock.now_ms(),
        )

    async def list_open_batches(
        self,
        shard: str,
        *,
        cursor: str | None = None,
        limit: int = 3,
    ) -> OpenBatchPage:
        return OpenBatchPage(items=[])

    def _attempts_of(self, run_id: str) -> list[Fields]:
        return [fields for _, fields in sorted(self._attempts[run_id].items())]
