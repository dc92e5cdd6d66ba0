"""Live runs and batches in Redis."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

import redis.asyncio

from mlmon_scheduler.adapters.redis.catalog_copies import CatalogCopies
from mlmon_scheduler.adapters.redis.commands import hash_of
from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.adapters.redis.new_runs import encode_batch, encode_run
from mlmon_scheduler.adapters.redis.scripts import (
    REDIS_AWAY,
    SPOOL_EXPIRED,
    UNKNOWN_PARENT,
    Scripts,
    bundle_hash,
    unavailable,
)
from mlmon_scheduler.application.stored import LiveBatch, LiveRun, NewBatch, NewRun
from mlmon_scheduler.domain.recovery import EpochState, Phase
from mlmon_shared.errors import (
    IdempotencyConflictError,
    InvalidRequestError,
    ServiceUnavailableError,
    StoreUnavailableError,
)
from mlmon_shared.wire.records import to_milliseconds
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import FINAL_RUN_STATES

IDEMPOTENCY_SECONDS: Final = 7 * 86400
SPOOL_SECONDS: Final = 3600
_ENQUEUED_AT_ONCE: Final = 50
NO_POSITION: Final = "0-0"
_PIPELINED: Final = 500


class RedisRunStore(CatalogCopies):
    """Implements `RunStore`.

    Args:
        client: Decoding answers to text.
        scripts: On the same client.
    """

    def __init__(self, client: redis.asyncio.Redis, scripts: Scripts) -> None:
        super().__init__(scripts)
        self._client = client

    async def check(self) -> str | None:
        """Say what is wrong, for readiness."""
        try:
            await self._do("PING")
        except Exception as error:  # noqa: BLE001 - readiness reports whatever it is
            return str(error)
        state = await self.find_state()
        if state is None:
            return "no epoch has begun yet"
        if state.bundle not in {"", bundle_hash()}:
            return "a newer version of the scheduler has taken over"
        return f"recovering ({state.phase}): runs are read back" if state.is_closed else None

    async def now_ms(self) -> int:
        """Return Redis' time."""
        return await self._scripts.now_ms()

    async def find_state(self) -> EpochState | None:
        """Return the epoch in force and how far its recovery has got."""
        names = ("epoch", "recovery", "begun_at", "phase_until", "bundle")
        epoch, phase, begun_at, until, bundle = await self._do("HMGET", key("ep"), *names)
        if epoch is None:
            return None
        return EpochState(
            epoch=int(epoch),
            phase=Phase(phase) if phase else None,
            begun_at_ms=int(begun_at or 0),
            phase_until_ms=int(until or 0),
            bundle=bundle or "",
        )

    async def find_open_epoch(self) -> int | None:
        """Return the epoch in force, once its runs are there."""
        state = await self.find_state()
        return None if state is None or state.is_closed else state.epoch

    async def check_known(self) -> None:
        """Raise while what is not found may still be brought back by a recovery."""
        state = await self.find_state()
        if state is None or state.phase is not None:
            raise StoreUnavailableError(
                "the queue was lost and is being recovered; ask again", retry_after_seconds=2
            )

    async def find_epoch(self) -> int | None:
        """Return the epoch in force."""
        found = await self._do("HGET", key("ep"), "epoch")
        return int(found) if found is not None else None

    async def begin_epoch(self, epoch: int, instance: str) -> int:
        """Set the epoch unless there is one; return the one in force."""
        _, answer = await self._scripts.call(
            "begin_epoch", [key("ep")], [epoch, instance, "", "", "", 0]
        )
        return int(answer[0])

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
            "enqueue", [key("ep")], [encode_run(run) for run in runs]
        )
        _check_parent(status, answer)
        return int(answer[0])

    async def list_unsealed(self, limit: int) -> list[str]:
        """Return runs whose edges are still being added, oldest first."""
        return cast("list[str]", await self._do("ZRANGE", key("unsealed"), 0, limit - 1))

    async def add_edges(
        self, run_id: str, added: int, edges: Sequence[tuple[str, str]], *, is_last: bool
    ) -> int:
        """Add edges to a run that is not sealed; see the port."""
        document = json.dumps([list(edge) for edge in edges])
        _, answer = await self._scripts.call(
            "add_edges", [key("ep")], [run_id, added, int(is_last), document]
        )
        return int(answer[0])

    async def spool_items(self, spool_id: str, runs: Sequence[NewRun]) -> None:
        """Put items aside for a batch that is not opened yet; they vanish in an hour."""
        name = key("items", spool_id)
        await self._do("RPUSH", name, *(encode_run(run) for run in runs))
        await self._do("EXPIRE", name, SPOOL_SECONDS)

    async def open_batch(self, batch: NewBatch, spool_id: str) -> None:
        """Take a batch whose items are spooled: from here on it will be loaded."""
        status, _ = await self._scripts.call(
            "open_batch", [key("ep")], [batch.id, encode_batch(batch), spool_id]
        )
        if status == SPOOL_EXPIRED:
            raise ServiceUnavailableError(
                "the batch took too long to be checked; submit it again", retry_after_seconds=1
            )

    async def list_loading(self) -> list[str]:
        """Return the batches that are being loaded, oldest first."""
        return cast("list[str]", await self._do("ZRANGE", key("loading"), 0, -1))

    async def load_items(self, batch_id: str, limit: int) -> tuple[int, list[str]]:
        """Enqueue the next spooled items; return how many are enqueued in all, and their ids."""
        start = int(await self._do("HGET", key("batch", batch_id), "loaded") or 0)
        end = start + limit - 1
        items: list[str] = await self._do("LRANGE", key("items", batch_id), start, end)
        steps = range(0, len(items), _ENQUEUED_AT_ONCE)
        chunks = [items[step : step + _ENQUEUED_AT_ONCE] for step in steps]
        for status, answer in await self._scripts.call_all("enqueue", [key("ep")], chunks):
            _check_parent(status, answer)
        return start + len(items), [json.loads(item)["id"] for item in items]

    async def note_loaded(self, batch_id: str, loaded: int) -> None:
        """Remember how many items are enqueued in all.

        Set, not added: a repeat, or another replica that loads the same chunk, must not
        make the loader pass over items.
        """
        await self._do("HSET", key("batch", batch_id), "loaded", loaded)

    async def ask_to_cancel(self, batch_id: str, reason: str) -> None:
        """Remember that all of a batch is to be cancelled, what is still to be loaded too."""
        name = key("batch", batch_id)
        if await self._do("ZSCORE", key("cancelling"), batch_id) is not None:
            return
        total = await self._do("HGET", name, "total")
        await self._do("HSET", name, "cancel_reason", reason, "cancel_below", total)
        await self._do("ZADD", key("cancelling"), await self.now_ms(), batch_id)

    async def list_cancelling(self) -> list[str]:
        """Return the batches that are still to be cancelled, the first asked for first."""
        return cast("list[str]", await self._do("ZRANGE", key("cancelling"), 0, -1))

    async def note_cancelled(self, batch_id: str, below: int) -> None:
        """Remember that of a batch only the places below are still to be cancelled; 0: none."""
        if below > 0:
            await self._do("HSET", key("batch", batch_id), "cancel_below", below)
            return
        # In this order: whoever dies in between, the loop finds nothing left to do.
        await self._do("HDEL", key("batch", batch_id), "cancel_below")
        await self._do("ZREM", key("cancelling"), batch_id)

    async def list_batch_places(self, batch_id: str, *, start: int, below: int) -> list[str]:
        """Return ids of a batch's runs from that place to before the other, in order."""
        name = key("batch_runs", batch_id)
        found = await self._do("ZRANGE", name, start, f"({below}", "BYSCORE")
        return cast("list[str]", found)

    async def seal_batch(self, batch_id: str) -> None:
        """End the loading of a batch."""
        await self._scripts.call("seal_batch", [key("ep")], [batch_id])

    async def find_run(self, run_id: str) -> LiveRun | None:
        """Return a run that is live or not yet forgotten."""
        return (await self.find_runs([run_id]))[0]

    async def find_runs(self, run_ids: Sequence[str]) -> list[LiveRun | None]:
        """Return runs in the same order."""
        hashes = [fields or {} for fields in await self.find_fields(run_ids)]
        wanted = [
            (place, key("attempt", run_ids[place], number))
            for place, fields in enumerate(hashes)
            for number in range(1, int(fields.get("attempt") or 0) + 1)
        ]
        attempts: dict[int, list[Mapping[str, str]]] = {}
        for (place, _), fields in zip(
            wanted,
            await self._many([("HGETALL", name) for _, name in wanted]),
            strict=True,
        ):
            attempts.setdefault(place, []).append(hash_of(fields))
        return [_live_run(fields, attempts.get(place, [])) for place, fields in enumerate(hashes)]

    async def find_fields(self, run_ids: Sequence[str]) -> list[Mapping[str, str] | None]:
        """Return the fields of runs, without their attempts, in the same order."""
        found = await self._many([("HGETALL", key("run", run_id)) for run_id in run_ids])
        return [hash_of(fields) or None for fields in found]

    async def find_jobs(self, run_ids: Sequence[str]) -> list[str | None]:
        """Return the jobs of runs that are live or ended lately, in the same order."""
        return await self._find_field("job", run_ids)

    async def list_live(self, *, before: str | None, limit: int) -> list[str]:
        """Return ids of runs that are not final, newest first, older than `before`."""
        return await self._list_by_name(key("live"), before, limit)

    async def list_batch_runs(self, batch_id: str, *, start: int, limit: int) -> list[str]:
        """Return ids of a batch's runs in order of submission."""
        name = key("batch_runs", batch_id)
        return cast("list[str]", await self._do("ZRANGE", name, start, start + limit - 1))

    async def find_batch(self, batch_id: str) -> LiveBatch | None:
        """Return a batch that is not yet forgotten."""
        fields, counts = await self._many(
            [("HGETALL", key("batch", batch_id)), ("HGETALL", key("batch_counts", batch_id))]
        )
        if not fields:
            return None
        return LiveBatch(
            hash_of(fields), {state: int(number) for state, number in hash_of(counts).items()}
        )

    async def list_batches(self, *, before: str | None, limit: int) -> list[str]:
        """Return ids of batches, newest first, older than `before`."""
        return await self._list_by_name(key("batches"), before, limit)

    async def list_members(self, group_id: str) -> list[str]:
        """Return ids of a group's runs."""
        return sorted(await self._do("SMEMBERS", key("members", group_id)))

    async def add_members(self, group_id: str, run_ids: Sequence[str]) -> None:
        """Make runs that have ended members of a group that is not opened yet."""
        for start in range(0, len(run_ids), _PIPELINED):
            name = key("members", group_id)
            await self._do("SADD", name, *run_ids[start : start + _PIPELINED])

    async def list_children(self, run_ids: Sequence[str]) -> list[list[str]]:
        """Return, of each run, those outside its batch that wait or waited on it."""
        found: list[list[str]] = []
        for start in range(0, len(run_ids), _PIPELINED):
            asked = run_ids[start : start + _PIPELINED]
            commands = [("SMEMBERS", key("children", run_id)) for run_id in asked]
            found += [sorted(members) for members in await self._many(commands)]
        return found

    async def find_states(self, run_ids: Sequence[str]) -> list[str | None]:
        """Return the states of runs that are live or ended lately, in the same order."""
        return await self._find_field("state", run_ids)

    async def _find_field(self, field: str, run_ids: Sequence[str]) -> list[str | None]:
        found: list[str | None] = []
        for start in range(0, len(run_ids), _PIPELINED):
            asked = run_ids[start : start + _PIPELINED]
            live = await self._many([("HGET", key("run", run_id), field) for run_id in asked])
            done = await self._many([("HGET", key("done", run_id), field) for run_id in asked])
            found += [one or other for one, other in zip(live, done, strict=True)]
        return found

    async def find_published(self, client: str, job: str) -> Mapping[str, str] | None:
        """Return `run`, `attempt` and `artifacts` of the newest run that published."""
        return hash_of(await self._do("HGETALL", key("published", client, job))) or None

    async def remember_latest(self, run: RunDocument, finished_at: datetime) -> None:
        """Remember a finished run as its client's newest of the job, unless one is known."""
        slot = "" if run.slot is None else to_milliseconds(run.slot)
        ended = to_milliseconds(finished_at)
        value = f"{run.id}|{run.state}|{ended}|{slot}|{run.reason or ''}"
        await self._do("SET", key("latest", run.job, run.client), value, "NX")

    async def knows_latest(self, client: str, job: str) -> bool:
        """Tell whether the client's newest run of the job is known."""
        return bool(await self._do("EXISTS", key("latest", job, client)))

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

    async def expire_starts(self, limit: int) -> int:
        """Expire runs whose start deadline has passed; return how many deadlines were due."""
        _, answer = await self._scripts.call("expire_starts", [key("ep")], [limit])
        return int(answer[0])

    async def watermark(self) -> str:
        """Return the newest event that is in history, `0-0` for none."""
        epoch = await self.find_epoch()
        if epoch is None:
            return NO_POSITION
        return await self._do("GET", key("watermark", epoch)) or NO_POSITION

    async def trim_events(self, *, keep_seconds: float) -> None:
        """Delete events that are in history, but for the newest; see the port."""
        epoch = await self.find_epoch()
        position = await self._do("GET", key("watermark", epoch))
        if position is None:
            return
        seconds, microseconds = await self._do("TIME")
        old_ms = int(seconds) * 1000 + int(microseconds) // 1000 - round(keep_seconds * 1000)
        if int(str(position).partition("-")[0]) >= old_ms:
            position = f"{old_ms}-0"
        await self._do("XTRIM", key("events", epoch), "MINID", "~", position)

    async def forget(self, limit: int) -> int:
        """Delete runs that are final and in history; return how many."""
        milliseconds = (await self.watermark()).split("-")[0]
        _, answer = await self._scripts.call("forget", [key("ep")], [milliseconds, limit])
        return int(answer[0])

    async def _list_by_name(self, name: str, before: str | None, limit: int) -> list[str]:
        top = f"({before}" if before else "+"
        return cast(
            "list[str]",
            await self._do("ZRANGE", name, top, "-", "BYLEX", "REV", "LIMIT", 0, limit),
        )


def _live_run(fields: Mapping[str, str], attempts: Sequence[Mapping[str, str]]) -> LiveRun | None:
    is_whole = all(attempts)
    # Forgotten between the two reads: history has it.
    if not fields or (fields.get("state") in FINAL_RUN_STATES and not is_whole):
        return None
    return LiveRun(fields, [attempt for attempt in attempts if attempt])


def _check_parent(status: int, answer: Sequence[Any]) -> None:
    if status == UNKNOWN_PARENT:
        raise InvalidRequestError.at("/depends_on", f"there is no run {answer[1]}")
