"""Live runs and batches in Redis."""

import json
from collections.abc import Mapping, Sequence
from typing import Final, cast

import redis.asyncio

from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.adapters.redis.scripts import (
    REDIS_AWAY,
    SPOOL_EXPIRED,
    UNKNOWN_PARENT,
    Scripts,
    unavailable,
)
from mlmon_scheduler.application.stored import LiveBatch, LiveRun, NewBatch, NewRun
from mlmon_shared.errors import (
    IdempotencyConflictError,
    InvalidRequestError,
    ServiceUnavailableError,
)
from mlmon_shared.wire.catalog import Snapshot

IDEMPOTENCY_SECONDS: Final = 7 * 86400
SPOOL_SECONDS: Final = 3600
NO_POSITION: Final = "0-0"


class RedisRunStore:
    """Implements `RunStore`, `EpochStore` and `SnapshotStore`.

    Args:
        client: Decoding answers to text.
        scripts: On the same client.
    """

    def __init__(self, client: redis.asyncio.Redis, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    async def check(self) -> str | None:
        """Say what is wrong, for readiness."""
        try:
            await self._scripts.do("PING")
        except Exception as error:  # noqa: BLE001 - readiness reports whatever it is
            return str(error)
        return None if await self.find_epoch() is not None else "no epoch has begun yet"

    async def now_ms(self) -> int:
        """Return Redis' time."""
        return await self._scripts.now_ms()

    async def find_epoch(self) -> int | None:
        """Return the epoch in force."""
        found = await self._scripts.do("HGET", key("ep"), "epoch")
        return int(found) if found is not None else None

    async def begin_epoch(self, epoch: int, instance: str) -> int:
        """Set the epoch unless there is one; return the one in force."""
        _, answer = await self._scripts.call("begin_epoch", [key("ep")], [epoch, instance])
        return int(answer[0])

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a copy."""
        await self._scripts.do("SET", key("snapshot"), snapshot.model_dump_json(by_alias=True))

    async def find_snapshot(self) -> Snapshot | None:
        """Return the copy."""
        found = await self._scripts.do("GET", key("snapshot"))
        return Snapshot.model_validate_json(found) if found is not None else None

    async def save_spec(self, job: str, version: int, definition: str) -> None:
        """Keep the definition that live runs of this version use."""
        await self._scripts.do("SET", key("spec", job, version), definition)

    async def find_spec(self, job: str, version: int) -> str | None:
        """Return a kept definition."""
        return cast("str | None", await self._scripts.do("GET", key("spec", job, version)))

    async def claim_key(self, token: str, key_text: str, request_hash: str, new_id: str) -> str:
        """Return the id that this idempotency key stands for."""
        name = key("idem", token, key_text)
        value = f"{request_hash}|{new_id}"
        try:
            before = await self._client.set(name, value, nx=True, get=True, ex=IDEMPOTENCY_SECONDS)
        except REDIS_AWAY as error:
            raise unavailable(error) from error
        if before is None:
            return new_id
        known_hash, _, known_id = str(before).partition("|")
        if known_hash != request_hash:
            raise IdempotencyConflictError(
                "this Idempotency-Key was used with another body; use a new key", made=known_id
            )
        return str(known_id)

    async def enqueue(self, runs: Sequence[NewRun]) -> int:
        """Create runs that do not exist yet; return how many were new."""
        status, answer = await self._scripts.call(
            "enqueue", [key("ep")], [_encode(run) for run in runs]
        )
        if status == UNKNOWN_PARENT:
            raise InvalidRequestError.at("/depends_on", f"there is no run {answer[1]}")
        return int(answer[0])

    async def spool_items(self, spool_id: str, runs: Sequence[NewRun]) -> None:
        """Put items aside for a batch that is not opened yet; they vanish in an hour."""
        name = key("items", spool_id)
        await self._scripts.do("RPUSH", name, *(_encode(run) for run in runs))
        await self._scripts.do("EXPIRE", name, SPOOL_SECONDS)

    async def open_batch(self, batch: NewBatch, spool_id: str) -> None:
        """Take a batch whose items are spooled: from here on it will be loaded."""
        groups = [
            {
                "id": group.id,
                "job": group.job,
                "expected": str(group.expected),
                "percent": f"{group.percent:.17g}",
            }
            for group in batch.groups
        ]
        document = json.dumps({"fields": dict(batch.fields), "groups": groups})
        status, _ = await self._scripts.call(
            "open_batch", [key("ep")], [batch.id, document, spool_id]
        )
        if status == SPOOL_EXPIRED:
            raise ServiceUnavailableError(
                "the batch took too long to be checked; submit it again", retry_after_seconds=1
            )

    async def list_loading(self) -> list[str]:
        """Return the batches that are being loaded, oldest first."""
        return cast("list[str]", await self._scripts.do("ZRANGE", key("loading"), 0, -1))

    async def read_items(self, batch_id: str, limit: int) -> tuple[int, list[NewRun]]:
        """Return how many items are enqueued already, and the next."""
        start = int(await self._scripts.do("HGET", key("batch", batch_id), "loaded") or 0)
        found = await self._scripts.do("LRANGE", key("items", batch_id), start, start + limit - 1)
        return start, [_decode(item) for item in found]

    async def note_loaded(self, batch_id: str, loaded: int) -> None:
        """Remember how many items are enqueued in all.

        Set, not added: a repeat, or another replica that loads the same chunk, must not
        make the loader pass over items.
        """
        await self._scripts.do("HSET", key("batch", batch_id), "loaded", loaded)

    async def ask_to_cancel(self, batch_id: str, reason: str) -> None:
        """Remember that what is still to be loaded of a batch is to be cancelled."""
        await self._scripts.do("HSET", key("batch", batch_id), "cancel_reason", reason)

    async def seal_batch(self, batch_id: str) -> None:
        """End the loading of a batch."""
        await self._scripts.call("seal_batch", [key("ep")], [batch_id])

    async def find_run(self, run_id: str) -> LiveRun | None:
        """Return a run that is live or not yet forgotten."""
        return (await self.find_runs([run_id]))[0]

    async def find_runs(self, run_ids: Sequence[str]) -> list[LiveRun | None]:
        """Return runs in the same order."""
        found = await self._scripts.do_all([("HGETALL", key("run", run_id)) for run_id in run_ids])
        hashes = [_hash(fields) for fields in found]
        wanted = [
            (place, key("attempt", run_ids[place], number))
            for place, fields in enumerate(hashes)
            for number in range(1, int(fields.get("attempt") or 0) + 1)
        ]
        attempts: dict[int, list[Mapping[str, str]]] = {}
        for (place, _), fields in zip(
            wanted,
            await self._scripts.do_all([("HGETALL", name) for _, name in wanted]),
            strict=True,
        ):
            attempts.setdefault(place, []).append(_hash(fields))
        return [
            LiveRun(fields, attempts.get(place, [])) if fields else None
            for place, fields in enumerate(hashes)
        ]

    async def find_outcome(self, run_id: str) -> str | None:
        """Return the final state of a run, for two days after its end."""
        return cast("str | None", await self._scripts.do("HGET", key("done", run_id), "state"))

    async def list_live(self, *, before: str | None, limit: int) -> list[str]:
        """Return ids of runs that are not final, newest first, older than `before`."""
        return await self._list_by_name(key("live"), before, limit)

    async def list_batch_runs(self, batch_id: str, *, start: int, limit: int) -> list[str]:
        """Return ids of a batch's runs in order of submission."""
        name = key("batch_runs", batch_id)
        return cast("list[str]", await self._scripts.do("ZRANGE", name, start, start + limit - 1))

    async def find_batch(self, batch_id: str) -> LiveBatch | None:
        """Return a batch that is not yet forgotten."""
        fields, counts = await self._scripts.do_all(
            [("HGETALL", key("batch", batch_id)), ("HGETALL", key("batch_counts", batch_id))]
        )
        if not fields:
            return None
        return LiveBatch(
            _hash(fields), {state: int(number) for state, number in _hash(counts).items()}
        )

    async def list_batches(self, *, before: str | None, limit: int) -> list[str]:
        """Return ids of batches, newest first, older than `before`."""
        return await self._list_by_name(key("batches"), before, limit)

    async def list_members(self, group_id: str) -> list[str]:
        """Return ids of a group's runs."""
        return sorted(await self._scripts.do("SMEMBERS", key("members", group_id)))

    async def find_published(self, client: str, job: str) -> Mapping[str, str] | None:
        """Return `run`, `attempt` and `artifacts` of the newest run that published."""
        return _hash(await self._scripts.do("HGETALL", key("published", client, job))) or None

    async def cancel(self, run_ids: Sequence[str], reason: str) -> list[str | None]:
        """Cancel runs; return the state of each, None for one that is not live."""
        _, states = await self._scripts.call("cancel", [key("ep")], [reason, *run_ids])
        return [state or None for state in states]

    async def hold(self, run_ids: Sequence[str], reason: str) -> list[str | None]:
        """Hold runs that wait; return the state of each, None for one that is not live."""
        _, states = await self._scripts.call("hold", [key("ep")], [reason, *run_ids])
        return [state or None for state in states]

    async def release(self, run_ids: Sequence[str]) -> list[str | None]:
        """Release held runs; return the state of each, None for one that is not live."""
        _, states = await self._scripts.call("release", [key("ep")], list(run_ids))
        return [state or None for state in states]

    async def reprioritise(self, run_ids: Sequence[str], priority: int) -> list[str | None]:
        """Change the priority of runs that wait; return the state of each, None for no run."""
        _, states = await self._scripts.call("reprioritise", [key("ep")], [priority, *run_ids])
        return [state or None for state in states]

    async def fan_out(self, limit: int) -> tuple[int, int]:
        """Tell dependants; return edges resolved and what is left to be fanned out."""
        _, answer = await self._scripts.call("fan_out", [key("ep")], [limit])
        return int(answer[0]), int(answer[1])

    async def promote_delayed(self, limit: int) -> tuple[int, float | None]:
        """Queue what is due; return how many, and seconds until the next."""
        _, answer = await self._scripts.call("promote_delayed", [key("ep")], [limit])
        wait = int(answer[1])
        return int(answer[0]), wait / 1000 if wait >= 0 else None

    async def watermark(self) -> str:
        """Return the newest event that is in history, `0-0` for none."""
        epoch = await self.find_epoch()
        return await self._scripts.do("GET", key("watermark", epoch)) or NO_POSITION

    async def trim_events(self, *, keep_seconds: float) -> None:
        """Delete events that are in history, but for the newest; see the port."""
        epoch = await self.find_epoch()
        position = await self._scripts.do("GET", key("watermark", epoch))
        if position is None:
            return
        seconds, microseconds = await self._scripts.do("TIME")
        old_ms = int(seconds) * 1000 + int(microseconds) // 1000 - round(keep_seconds * 1000)
        if int(str(position).partition("-")[0]) >= old_ms:
            position = f"{old_ms}-0"
        await self._scripts.do("XTRIM", key("events", epoch), "MINID", "~", position)

    async def forget(self, limit: int) -> int:
        """Delete runs that are final and in history; return how many."""
        milliseconds = (await self.watermark()).split("-")[0]
        _, answer = await self._scripts.call("forget", [key("ep")], [milliseconds, limit])
        return int(answer[0])

    async def _list_by_name(self, name: str, before: str | None, limit: int) -> list[str]:
        top = f"({before}" if before else "+"
        return cast(
            "list[str]",
            await self._scripts.do("ZRANGE", name, top, "-", "BYLEX", "REV", "LIMIT", 0, limit),
        )


def _encode(run: NewRun) -> str:
    return json.dumps(
        {
            "id": run.id,
            "fields": dict(run.fields),
            "edges": [list(edge) for edge in run.edges],
            "groups": list(run.groups),
            "index": run.index,
        }
    )


def _decode(item: str) -> NewRun:
    given = json.loads(item)
    return NewRun(
        id=given["id"],
        fields=given["fields"],
        edges=[(parent, condition) for parent, condition in given["edges"]],
        groups=given["groups"],
        index=given["index"],
    )


def _hash(answer: Mapping[str, str] | Sequence[str]) -> dict[str, str]:
    """Return a hash's fields; RESP2 without a callback answers a flat list."""
    if isinstance(answer, Mapping):
        return dict(answer)
    return dict(zip(answer[::2], answer[1::2], strict=True))
