"""The shard in Redis, for who recovers it, and leases of an earlier epoch."""

import json
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Final, cast

import redis.asyncio

from mlmon_scheduler.adapters.redis.keys import PREFIX, key
from mlmon_scheduler.adapters.redis.new_runs import group_documents
from mlmon_scheduler.adapters.redis.run_store import RedisRunStore
from mlmon_scheduler.adapters.redis.scripts import (
    REDIS_AWAY,
    STALE_FENCE,
    Scripts,
    bundle_hash,
    unavailable,
)
from mlmon_scheduler.application.stored import RestoredBatch, RestoredLease, RestoredRun
from mlmon_scheduler.domain.recovery import Phase
from mlmon_shared.errors import StaleFenceError
from mlmon_shared.wire.agent_protocol import Vector

_CLAIM_MS: Final = 15_000
_ALIVE_MS: Final = 15_000
_TOMBSTONE_SECONDS: Final = 48 * 3600
_PAGE: Final = 1000
_KEPT: Final = frozenset(
    {
        "ep",
        "events",
        "watermark",
        "snapshot",
        "spec",
        "idem",
        "recoverer",
        "bundle_alive",
        "replaced_bundles",
    }
)
"""Keys that an older state may keep: they are true whatever became of runs."""


class RedisRecoveryStore(RedisRunStore):
    """Implements `RecoveryStore`.

    Args:
        client: One that is connected also to a Redis that is older than it was.
        scripts: On the same client, with the recoverer's pass.
        recoverer: Names this replica.
    """

    def __init__(self, client: redis.asyncio.Redis, scripts: Scripts, recoverer: str) -> None:
        super().__init__(client, scripts)
        self._recoverer = recoverer

    async def replace_epoch(
        self, epoch: int, instance: str, *, replaced: int | None, phase: Phase | None
    ) -> int | None:
        """Begin an epoch in place of another or of none; return the one in force."""
        _, answer = await self._scripts.call(
            "begin_epoch",
            [key("ep")],
            [epoch, instance, replaced or "", phase or "", self._recoverer, _CLAIM_MS],
        )
        return int(answer[0]) if answer[0] else None

    async def find_newest_event(self) -> str:
        """Return the position of the newest event of the epoch, an empty text for none."""
        epoch = await self.find_epoch()
        newest = await self._do("XREVRANGE", key("events", epoch), "+", "-", "COUNT", 1)
        return str(newest[0][0]) if newest else ""

    async def claim(self) -> bool:
        """Become, or stay, the one who recovers; False while another does."""
        _, answer = await self._scripts.call(
            "claim_recovery", [key("ep")], [self._recoverer, _CLAIM_MS]
        )
        return bool(answer[0])

    async def is_history_complete(self) -> bool:
        """Tell whether history has the entry that opened this epoch's stream."""
        epoch = await self.find_epoch()
        opening = await self._do("XRANGE", key("events", epoch), "-", "+", "COUNT", 1)
        watermark = await self._do("GET", key("watermark", epoch))
        return bool(opening and watermark) and _place(opening[0][0]) <= _place(watermark)

    async def clear(self) -> int:
        """Delete what an older state left of runs, batches and agents; return how many keys."""
        deleted, cursor = 0, 0
        while True:
            cursor, names = await self._do("SCAN", cursor, "MATCH", f"{PREFIX}*", "COUNT", _PAGE)
            doomed = [
                name for name in names if name.removeprefix(PREFIX).split(":")[0] not in _KEPT
            ]
            if doomed:
                deleted += await self._do("UNLINK", *doomed)
            if int(cursor) == 0:
                return deleted

    async def restore_batch(self, batch: RestoredBatch) -> bool:
        """Bring a batch back, to be sealed; False if it was there."""
        fields = {**batch.fields, "open": str(batch.open)}
        groups = group_documents(batch.groups)
        counts = {state: str(number) for state, number in batch.counts.items()}
        document = json.dumps({"fields": fields, "counts": counts, "groups": groups})
        _, answer = await self._scripts.call("restore_batch", [key("ep")], [batch.id, document])
        return bool(answer[0])

    async def restore_final(self, runs: Sequence[RestoredRun]) -> None:
        """Bring final runs back, as they are, with their tombstones."""
        commands: list[tuple[Any, ...]] = []
        for run in runs:
            fields = run.fields
            commands.append(("HSET", key("run", run.id), *_flat(fields)))
            commands += _attempts(run)
            if fields.get("batch"):
                batch_runs = key("batch_runs", fields["batch"])
                commands.append(("ZADD", batch_runs, run.index, run.id))
            names = ("state", "fence", "reason", "job", "client")
            commands += _outcome(run.id, {name: fields.get(name, "") for name in names})
        await self._many(commands)

    async def restore_attempts(self, runs: Sequence[RestoredRun]) -> None:
        """Bring back the attempts and versions of runs that were enqueued."""
        commands = [command for run in runs for command in _attempts(run)]
        commands += [
            ("HINCRBY", key("run", run.id), "rv", run.fields.get("rv", "0")) for run in runs
        ]
        await self._many(commands)

    async def restore_lease(
        self, lease: RestoredLease, *, lost_after_seconds: float, accept_seconds: float
    ) -> bool:
        """Bring back a run that an agent held; False if it was there."""
        run, shape = lease.run, lease.shape
        await self._many(_attempts(run))
        document = json.dumps(
            {
                "id": run.id,
                "fields": {
                    name: text for name, text in run.fields.items() if name not in {"state", "rv"}
                },
                "groups": list(run.groups),
                "index": run.index,
                "state": run.fields["state"],
                "rv": run.fields["rv"],
                "attempt": dict(lease.attempt),
                "shape": [
                    str(shape.cpu_milli),
                    str(shape.memory),
                    str(shape.gpus),
                    str(shape.disk),
                ],
            }
        )
        _, answer = await self._scripts.call(
            "restore_lease",
            [key("ep")],
            [document, round(lost_after_seconds * 1000), round(accept_seconds * 1000)],
        )
        return bool(answer[0])

    async def restore_outcome(self, parent: str, outcome: Mapping[str, str]) -> None:
        """Bring back how a run or group ended that others wait on."""
        await self._many(_outcome(parent, outcome))

    async def add_members(self, group_id: str, run_ids: Sequence[str]) -> None:
        """Note final runs as members of a group."""
        for start in range(0, len(run_ids), _PAGE):
            await self._do("SADD", key("members", group_id), *run_ids[start : start + _PAGE])

    async def advance(self, phase: Phase, to: Phase | None, *, seconds: float = 0.0) -> bool:
        """Move on to the next phase, or to the end; False if another did."""
        _, answer = await self._scripts.call(
            "advance_recovery", [key("ep")], [phase, to or "", round(seconds * 1000)]
        )
        return bool(answer[0])

    async def count_unsynced(self, *, within_seconds: float) -> int:
        """Return how many agents were heard so lately and have not synchronised yet."""
        epoch, now_ms = str(await self.find_epoch()), await self.now_ms()
        agents = await self._do("ZRANGE", key("agents"), 0, -1)
        found = await self._many(
            [("HMGET", key("agent", agent), "synced", "beat_at") for agent in agents]
        )
        oldest = now_ms - within_seconds * 1000
        return sum(synced != epoch and int(beat_at or 0) > oldest for synced, beat_at in found)

    async def use_bundle(self) -> bool:
        """Say that this replica is alive; False when a newer version has taken over."""
        _, answer = await self._scripts.call("use_bundle", [key("ep")], [bundle_hash(), _ALIVE_MS])
        return bool(answer[0])


class RedisAdoptionStore:
    """Implements `AdoptionStore`.

    Args:
        client: Decoding answers to text.
        scripts: On the same client.
    """

    def __init__(self, client: redis.asyncio.Redis, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    async def adopt(
        self,
        agent_id: str,
        run_id: str,
        attempt: int,
        fence: str,
        *,
        shape: Vector,
        fields: Mapping[str, str],
        limits: Mapping[str, str],
    ) -> str:
        """Give an attempt its lease back; return the position of the event."""
        status, answer = await self._scripts.call(
            "adopt",
            [key("ep")],
            [
                run_id,
                attempt,
                fence,
                agent_id,
                shape.cpu_milli,
                shape.memory,
                shape.gpus,
                shape.disk,
                json.dumps(dict(fields)),
                json.dumps(dict(limits)),
            ],
        )
        if status == STALE_FENCE:
            raise StaleFenceError(
                f"attempt {attempt} of run {run_id} cannot be adopted; "
                f"the run is {answer[0] or 'unknown'}",
                run_id=run_id,
                attempt=attempt,
            )
        return str(answer[0])

    async def list_leases(self, agent_id: str) -> Mapping[str, tuple[int, str]]:
        """Return attempt and fence of every run that the agent holds."""
        try:
            held = await cast(
                "Awaitable[Mapping[str, str]]", self._client.hgetall(key("held", agent_id))
            )
        except REDIS_AWAY as error:
            raise unavailable(error) from error
        leases = {}
        for run_id, value in held.items():
            number, fence, *_ = value.split("|")
            leases[run_id] = (int(number), fence)
        return leases


def _attempts(run: RestoredRun) -> list[tuple[Any, ...]]:
    return [
        ("HSET", key("attempt", run.id, attempt["number"]), *_flat(attempt))
        for attempt in run.attempts
    ]


def _outcome(parent: str, outcome: Mapping[str, str]) -> list[tuple[Any, ...]]:
    name = key("done", parent)
    return [("HSET", name, *_flat(outcome)), ("EXPIRE", name, _TOMBSTONE_SECONDS)]


def _flat(fields: Mapping[str, str]) -> list[str]:
    return [text for pair in fields.items() for text in pair]


def _place(position: str) -> tuple[int, int]:
    milliseconds, _, number = position.partition("-")
    return int(milliseconds), int(number or 0)
