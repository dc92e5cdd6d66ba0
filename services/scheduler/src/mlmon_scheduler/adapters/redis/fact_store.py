"""Read facts of the queue from Redis: why runs wait, what agents have, what is reserved."""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from mlmon_scheduler.adapters.redis.commands import RedisCommands, hash_of
from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.adapters.redis.scripts import ORDER_BASE
from mlmon_scheduler.application.queue_facts import (
    AgentFacts,
    GateFacts,
    HeldAttempt,
    OpenEdge,
    OpenEdges,
    QueueFacts,
)
from mlmon_scheduler.domain.forecasts import Share
from mlmon_scheduler.domain.lanes import LaneCap
from mlmon_scheduler.domain.quotas import ResourceQuota
from mlmon_scheduler.domain.reservations import WaitingShape
from mlmon_scheduler.domain.shapes import pools_of
from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.states import Lane

_GATE: Final = re.compile(r"([^=;]+)=(\d+)/(\d*);")
_CLIENTS: Final = 10_000
_AGENTS: Final = 2_000
_WALKED: Final = 64
_UNSEALED: Final = "+"
_HOLDERS: Final = 100
_AGENT_FIELDS: Final = (
    "pool", "host", "offered", "cpu_milli", "memory", "gpus", "disk", "used_cpu_milli",
    "used_memory", "used_gpus", "used_disk", "is_draining", "id", "gpu_faults", "refusal",
    "quarantine_reason",
)  # fmt: skip


class RedisFactStore(RedisCommands):
    """Implements `FactStore`.

    Args:
        scripts: On the Redis of live runs.
    """

    async def read_edges(self, run_id: str, limit: int) -> OpenEdges:
        """Return what a blocked run waits on."""
        name = key("needs", run_id)
        count, edges = await self._many([("HLEN", name), ("HRANDFIELD", name, limit, "WITHVALUES")])
        pairs = [(parent, condition) for parent, condition in _pairs(edges) if parent != _UNSEALED]
        awaits = [parent for parent, _ in pairs if parent.startswith("a:")]
        found = await self._many([("GET", key("awaited", each)) for each in awaits])
        awaited = dict(zip(awaits, found, strict=True))
        parents = await self._many(
            [
                ("HGETALL", key("group", parent[2:]))
                if parent.startswith("g:")
                else ("HGETALL", key("run", awaited.get(parent, parent) or ""))
                for parent, _ in pairs
            ]
        )
        sample = [
            OpenEdge(parent, condition, hash_of(fields))
            for (parent, condition), fields in zip(pairs, parents, strict=True)
        ]
        return OpenEdges(sample, int(count) - len(_pairs(edges)) + len(pairs))

    async def sample_members(self, group: str, limit: int) -> list[Mapping[str, str]]:
        """Return some live runs of a fan-in group, by chance."""
        (runs,) = await self._many([("SRANDMEMBER", key("members", group), limit)])
        found = await self._many([("HGETALL", key("run", run)) for run in runs])
        return [fields for fields in map(hash_of, found) if fields.get("state")]

    async def read_gates(self, fields: Mapping[str, str]) -> list[GateFacts]:
        """Return the gates that a run passes."""
        found = []
        for gate, amount, limit in _GATE.findall(fields.get("gates", "")):
            holders, count, configured = await self._many(
                [
                    ("HRANDFIELD", key("holders", gate), _HOLDERS),
                    ("HLEN", key("holders", gate)),
                    ("HMGET", key("gate", gate), "capacity", "used"),
                ]
            )
            before, own, rivals = await self._read_parked(gate, fields)
            capacity = limit or configured[0]
            found.append(
                GateFacts(
                    gate,
                    amount=int(amount),
                    capacity=int(capacity) if capacity is not None else None,
                    used=int(count if limit else configured[1] or 0),
                    holders=sorted(holders),
                    own=own,
                    runs_before=before,
                    rivals=rivals,
                )
            )
        return found

    async def _read_parked(
        self, gate: str, fields: Mapping[str, str]
    ) -> tuple[int, Share, list[Share]]:
        client, parked = fields["client"], key("parked", gate)
        member = f"{client}|{_order_text(fields)}|{fields['id']}"
        before, heads = await self._many(
            [
                ("ZLEXCOUNT", parked, f"[{client}|", f"({member}"),
                ("ZRANGE", key("parked_heads", gate), 0, _CLIENTS - 1, "WITHSCORES"),
            ]
        )
        levels = {name: float(level) for name, level in _pairs(heads)}
        own = levels.pop(client, -math.inf)
        counts = await self._many(
            [("ZLEXCOUNT", parked, f"[{name}|", f"({name}}}") for name in levels]
        )
        return (
            int(before),
            (await self._shares({client: own}, [0]))[0],
            await self._shares(levels, [int(count) for count in counts], than=client),
        )

    async def read_breaker(self, gate: str) -> str | None:
        """Return why the breaker of that gate is open, None when it is not or is no breaker's."""
        kind, _, version = gate.partition(":")
        if kind != "breaker":
            return None
        state, reason = await self._do(
            "HMGET", key("breaker", *version.rsplit(":", 1)), "state", "reason"
        )
        return str(reason) if state == "open" else None

    async def read_queue(self, fields: Mapping[str, str]) -> QueueFacts:
        """Return where a queued run stands."""
        client, where = fields["client"], (fields["class"], fields["effective_lane"])
        bests, heads, usage, held = await self._many(
            [
                ("HGET", key("bests", *where), client),
                ("ZRANGE", key("heads", *where), 0, _CLIENTS - 1, "WITHSCORES"),
                ("HGET", key("usage"), client),
                ("HGETALL", key("holds", client)),
            ]
        )
        shapes = [best.split("=")[0] for best in (bests or "").split(";") if best]
        queue, order = key("queue", *where), _order_text(fields)
        before = await self._many(
            [
                (
                    "ZLEXCOUNT",
                    queue,
                    f"[{client}|{shape}|",
                    f"({client}|{shape}|{order}|{fields['id']}",
                )
                for shape in shapes
            ]
        )
        levels = {name: float(level) for name, level in _pairs(heads)}
        (own,) = await self._shares({client: levels.pop(client, -math.inf)}, [0])
        counts = await self._do("HMGET", key("queued_by_client"), *levels) if levels else []
        rivals = await self._shares(levels, [int(count or 0) for count in counts], than=client)
        limit, quota = usage.split("|")[3:] if usage else ("0", "")
        holders = {run: _amounts(text.split("|")) for run, text in hash_of(held).items()}
        return QueueFacts(
            own=own,
            runs_before=sum(int(count) for count in before),
            rivals=rivals,
            limit=int(limit),
            quota=ResourceQuota.parse(quota),
            running=len(holders),
            held=_sum_of(holders.values()),
            holders=holders,
            queued_by_lane=await self._count_lanes(fields["class"]),
        )

    async def _count_lanes(self, of_class: str) -> dict[Lane, int]:
        sets = await self._many(
            [("SMEMBERS", key("queues", pool)) for pool in pools_of(of_class) or ["*"]]
        )
        names = sorted({name for members in sets for name in members})
        cells = await self._many([("HVALS", key("cells", *name.rsplit("|", 1))) for name in names])
        counts: dict[Lane, int] = {}
        for name, values in zip(names, cells, strict=True):
            lane = Lane(name.rsplit("|", 1)[1])
            counts[lane] = counts.get(lane, 0) + sum(int(value) for value in values)
        return counts

    async def _shares(
        self, levels: Mapping[str, float], queued: Sequence[int], *, than: str = ""
    ) -> list[Share]:
        """Return shares of clients; who was never charged stands where it was put.

        Args:
            levels: By client.
            queued: Runs of each.
            than: The client that they are compared with.
        """
        if not levels:
            return []
        packed = await self._do("HMGET", key("usage"), *levels)
        shares = []
        for (name, level), text, count in zip(levels.items(), packed, queued, strict=True):
            share = Share(level, 1.0, count)
            if text is not None:
                total, _, weight = (float(part) for part in text.split("|")[:3])
                share = Share.of(total, weight, count)
            shares.append(replace(share, wins_ties=name < than))
        return shares

    async def read_caps(self, pools: Sequence[str], lane: Lane) -> list[LaneCap]:
        """Return what runs of a lane may hold and do hold of those pools that cap it."""
        names = (f"share:{lane}", "cpu_milli", "memory", "gpus", "disk")
        rows = await self._many([("HMGET", key("pool", pool), *names) for pool in pools])
        held = await self._many([("HVALS", key("lane_held", pool)) for pool in pools])
        caps = []
        for pool, row, runs in zip(pools, rows, held, strict=True):
            facts = dict(zip(names, row, strict=True))
            if facts[names[0]] is not None:
                taken = Vector()
                for text in runs:
                    counted, *amounts = text.split("|")
                    if counted == lane:
                        taken = taken.plus(_amounts(amounts))
                caps.append(LaneCap(pool, lane, float(facts[names[0]]), _vector(facts, ""), taken))
        return caps

    async def read_agents(self, pools: Sequence[str] | None) -> list[AgentFacts]:
        """Return the agents of these pools, of all for None."""
        now_ms = await self._scripts.now_ms()
        ids = await self._do("ZRANGE", key("agents"), 0, _AGENTS - 1)
        rows = await self._many([("HMGET", key("agent", name), *_AGENT_FIELDS) for name in ids])
        agents = [dict(zip(_AGENT_FIELDS, row, strict=True)) for row in rows]
        agents = [
            agent for agent in agents if agent["id"] and (pools is None or agent["pool"] in pools)
        ]
        details = await self._many(
            [
                command
                for agent in agents
                for command in (
                    ("HGETALL", key("held", agent["id"])),
                    ("ZSCORE", key("agents_by_deadline"), agent["id"]),
                )
            ]
        )
        found = []
        for agent, held, deadline in zip(agents, details[::2], details[1::2], strict=True):
            is_alive = deadline is not None and float(deadline) > now_ms
            vectors = {run: _held_vector(text) for run, text in hash_of(held).items()}
            attempts = await self.read_held(list(vectors))
            found.append(
                AgentFacts(
                    id=str(agent["id"]),
                    pool=str(agent["pool"]),
                    host=str(agent["host"]),
                    offered=str(agent["offered"] or ""),
                    capacity=_working(agent),
                    used=_vector(agent, "used_"),
                    is_open=is_alive
                    and agent["is_draining"] != "1"
                    and not agent["refusal"]
                    and not agent["quarantine_reason"],
                    held=[
                        replace(attempt, vector=vector)
                        for attempt, vector in zip(attempts, vectors.values(), strict=True)
                    ],
                )
            )
        return found

    async def read_waiting_shapes(self) -> list[WaitingShape]:
        """Return, for each shape in each queue, the run whose turn is next."""
        queues = sorted(await self._do("SMEMBERS", key("open_queues")))
        found = []
        for name in queues:
            of_class, lane = name.rsplit("|", 1)
            clients = await self._do("ZRANGE", key("heads", of_class, lane), 0, _WALKED - 1)
            bests = await self._do("HMGET", key("bests", of_class, lane), *clients or [""])
            first: dict[str, str] = {}
            for client, best in zip(clients, bests, strict=False):
                for shape in (part.split("=")[0] for part in (best or "").split(";") if part):
                    first.setdefault(shape, client)
            members = await self._many(
                [
                    ("ZRANGE", key("queue", of_class, lane), f"[{client}|{shape}|",
                     f"({client}|{shape}}}", "BYLEX", "LIMIT", 0, 1)
                    for shape, client in first.items()
                ]
            )  # fmt: skip
            runs = [rows[0].rsplit("|", 1)[1] if rows else "" for rows in members]
            times = await self._many([("HGET", key("run", run), "queued_at") for run in runs])
            pools = pools_of(of_class)
            found += [
                WaitingShape(run, shape, pools, int(queued_at))
                for shape, run, queued_at in zip(first, runs, times, strict=True)
                if queued_at
            ]
        return found

    async def read_reservations(self) -> dict[str, str]:
        """Return agents that are kept, by the run that they are kept for."""
        return hash_of(await self._do("HGETALL", key("reservations")))

    async def read_held(self, run_ids: Sequence[str]) -> list[HeldAttempt]:
        """Return the attempts of runs that agents hold."""
        now_ms = await self._scripts.now_ms()
        runs = await self._many(
            [("HMGET", key("run", name), "attempt", "estimate", "p90") for name in run_ids]
        )
        starts = await self._many(
            [
                ("HGET", key("attempt", name, row[0] or "0"), "accepted_at")
                for name, row in zip(run_ids, runs, strict=True)
            ]
        )
        return [
            HeldAttempt(int(start or now_ms), float(row[1] or 0), float(row[2] or 0))
            for row, start in zip(runs, starts, strict=True)
        ]


def _order_text(fields: Mapping[str, str]) -> str:
    """Return an order as `lib/order.lua` writes it."""
    return f"{int(fields['order']) + ORDER_BASE:016d}"


def _held_vector(text: str) -> Vector:
    return _amounts(text.split("|")[2:])


def _amounts(parts: Sequence[str]) -> Vector:
    cpu_milli, memory, gpus, disk = (int(part) for part in parts)
    return Vector(cpu_milli=cpu_milli, memory=memory, gpus=gpus, disk=disk)


def _vector(agent: Mapping[str, str | None], prefix: str) -> Vector:
    return Vector(
        cpu_milli=int(agent[f"{prefix}cpu_milli"] or 0),
        memory=int(agent[f"{prefix}memory"] or 0),
        gpus=int(agent[f"{prefix}gpus"] or 0),
        disk=int(agent[f"{prefix}disk"] or 0),
    )


def _working(agent: Mapping[str, str | None]) -> Vector:
    """Return what an agent has, less its GPUs in quarantine."""
    vector = _vector(agent, "")
    faults = json.loads(agent["gpu_faults"] or "{}")
    return vector.model_copy(update={"gpus": max(vector.gpus - len(faults), 0)})


def _pairs(answer: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - RESP2 and RESP3 differ
    if answer and isinstance(answer[0], list):
        return [(name, value) for name, value in answer]
    return list(zip(answer[::2], answer[1::2], strict=True))


def _sum_of(vectors: Iterable[Vector]) -> Vector:
    total = Vector()
    for vector in vectors:
        total = total.plus(vector)
    return total
