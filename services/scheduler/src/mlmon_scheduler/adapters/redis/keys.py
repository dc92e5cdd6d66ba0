"""Every Redis key of the scheduler: the templates, in Python and in Lua.

One hash tag per shard (`{s0}`) keeps a shard's keys in one cluster slot. The table below
is rendered into the prelude of each Lua script, so that no key is spelled twice.
"""

from typing import Final

SHARD: Final = "s0"
PREFIX: Final = f"{{{SHARD}}}:"

TEMPLATES: Final = {
    # name: parts after the shard's prefix; `?` stands for one argument
    "ep": "ep",  # hash: epoch, instance, recovery (its phase), recoverer, bundle, drops_progress
    "recoverer": "recoverer:?",  # string, seconds: who recovers the shard is alive
    "bundle_alive": "bundle_alive",  # string, seconds: a replica with the scripts in force is alive
    "replaced_bundles": "replaced_bundles",  # hash: scripts that newer ones replaced -> when
    "fence": "fence",  # int: fences counted inside the epoch
    "run": "run:?",  # hash: a live run (wire/records.py, and the scheduler's own fields)
    "attempt": "attempt:?.?",  # hash: an attempt of a live run
    "spec": "spec:?:?",  # string: the immutable definition of a job's version, JSON
    "snapshot": "snapshot",  # string: copy of config-api's snapshot, JSON
    "queue": "q:?:?",  # zset: class, lane -> queued runs, `client|shape|order|run` by prefix
    "heads": "heads:?:?",  # zset: class, lane -> clients with queued runs, by usage
    "bests": "bests:?:?",  # hash: class, lane -> client -> `shape=best order;…`
    "cells": "cells:?:?",  # hash: class, lane -> cell of the grid of shapes -> queued runs
    "queues": "queues:?",  # set: pool (`*`: any) -> `class|lane` that have queued runs
    "open_queues": "open_queues",  # set: `class|lane` that have queued runs
    "usage": "usage",  # hash: client -> `log2 of decayed usage|credit|weight|limit of runs|quota`
    "served": "served",  # hash: lane, class|lane -> usage of who was served last
    "queued_by_client": "queued_by_client",  # hash: client -> queued runs
    "lanes": "lanes:?",  # hash: pool -> lane -> pass of its stride, and whose `turn` it is
    "pool": "pool:?",  # hash: a pool with caps: `share:<lane>`, what its agents have together
    "lane_held": "lane_held:?",  # hash: pool -> leased run -> `lane|cpu|memory|gpus|disk`
    "holds": "holds:?",  # hash: client -> leased run -> `cpu|memory|gpus|disk`
    "aside": "aside:?",  # set: client at its limit -> `class|lane` in which it has queued runs
    "gate": "gate:?",  # hash: a named resource: capacity, used
    "holders": "holders:?",  # hash: gate -> leased run -> amount
    "parked": "parked:?",  # zset: gate -> runs that it stopped, `client|order|run` by prefix
    "parked_heads": "parkedheads:?",  # zset: gate -> clients with parked runs, by usage
    "full_gates": "full_gates",  # set: gates that have parked runs
    "durations": "durations:?:?",  # hash: job, version (`*`: any) -> bucket -> successful runs
    "delayed": "delayed",  # zset: delayed runs by the time at which they become ready
    "starts_by": "starts_by",  # zset: runs by when they expire unless they have started
    "deadlines": "deadlines",  # zset: runs by when their deadlines are to be looked at
    "schedules": "schedules",  # hash: job -> `slot|zone cron`: the last slot dealt with
    "firings": "firings:?",  # hash: job -> slot -> what it came to, JSON
    "backfill": "backfill:?",  # hash: spec (JSON), state, slots_started, counts
    "backfill_batches": "backfill:?:batches",  # set: its batches that are not finished
    "backfill_skipped": "backfill:?:skipped",  # list: the last runs that were not started, JSON
    "backfills": "backfills",  # zset, by name: the last backfills
    "reservations": "reservations",  # hash: run -> agent that is kept for it
    "inherit": "inherit",  # zset: runs whose parents may have to be raised to their priority
    "needs": "needs:?",  # hash: open edges of a run: parent -> condition; `+` while unsealed
    "unsealed": "unsealed",  # zset: runs whose edges are still being added
    "dependants": "dependants:?",  # set: runs, groups `g:<id>` and awaits `a:<id>` that wait on it
    "latest": "latest:?:?",  # string: job, client -> newest; `run|state|at|slot|reason` once final
    "awaiting": "awaiting:?:?",  # string: job, client -> `a:<id>`, on which runs wait for the next
    "awaited": "awaited:?",  # string: `a:<id>` -> the run that is that next one
    "children": "children:?",  # set, 7 days: runs outside its batch that wait or waited on a run
    "fan": "fan",  # zset: finished runs and groups whose dependants are still to be told
    "done": "done:?",  # hash, 48 h: outcome of a finished run or group
    "group": "group:?",  # hash: fan-in barrier
    "members": "members:?",  # set: runs of a group
    "batch": "batch:?",  # hash: a batch
    "items": "batch:?:items",  # list: spool of a batch that is being loaded
    "batch_groups": "batch:?:groups",  # set: fan-in groups of a batch
    "batch_runs": "batch:?:runs",  # zset: runs of a batch in order of submission
    "batch_counts": "batch:?:counts",  # hash: state -> runs
    "cancelling": "cancelling",  # zset: batches that are being cancelled, by when that was asked
    "changing": "changing",  # zset: batches whose runs are being held and such, by when asked first
    "loading": "loading",  # zset: batches that are being loaded
    "batches": "batches",  # zset, by name: batches that are not yet forgotten
    "live": "live",  # zset, by name: runs that are not final
    "finals": "finals",  # zset: final runs outside batches, by the time of their last event
    "final_batches": "final_batches",  # zset: finished batches, by the time of their last event
    "published": "published:?:?",  # hash: client, job -> newest run that published, and what
    "idem": "idem:?:?",  # string, 7 days: token, key -> request hash and the id it made
    "agent": "agent:?",  # hash: an agent
    "agents": "agents",  # zset, by name: registered agents
    "held": "held:?",  # hash: agent -> run -> `attempt|fence|cpu|memory|gpus|disk`
    "directives": "directives:?",  # hash: agent -> run -> `kind|attempt|fence|reason`
    "agents_by_deadline": "agents_by_deadline",  # zset: agents by when they count as lost
    "grants_by_deadline": "grants_by_deadline",  # zset: runs granted and not yet accepted
    "timeouts": "timeouts",  # zset: running attempts' runs by when their limits are looked at
    "quarantined": "quarantined",  # set: agents that are granted nothing because of their host
    "failing_agents": "failing_agents",  # zset: agents by when a job last failed on their host
    "host_fails": "host_fails:?",  # zset, 10 min: agent -> jobs that its host failed, by time
    "breaker": "breaker:?:?",  # hash: job, version -> how its last attempts ended; state, reason
    "breakers": "breakers",  # set: `job:version` of the breakers that are open
    "events": "events:?",  # stream: epoch -> state changes, drained by report-writer
    "watermark": "watermark:?",  # string: epoch -> newest event in history
    "wake": "wake",  # pub/sub channel: what was queued, and agents with news
    "log": "log:?",  # stream (second Redis): live tail of an attempt
    "log_position": "logpos:?",  # hash (second Redis): what the tail has
}


def key(name: str, *arguments: object) -> str:
    """Return the key of that name with the arguments filled in, in order."""
    parts = TEMPLATES[name].split("?")
    if len(parts) != len(arguments) + 1:
        message = f"the key {name} takes {len(parts) - 1} arguments"
        raise ValueError(message)
    filled = parts[0] + "".join(
        f"{argument}{part}" for argument, part in zip(arguments, parts[1:], strict=True)
    )
    return PREFIX + filled


def lua_prelude() -> str:
    """Return Lua that defines `key.<name>(…)` for every template."""
    lines = ["local key = {}"]
    for name, template in TEMPLATES.items():
        parts = template.split("?")
        names = [f"a{index}" for index in range(1, len(parts))]
        text = f"'{PREFIX}{parts[0]}'"
        for argument, part in zip(names, parts[1:], strict=True):
            text += f" .. {argument}" + (f" .. '{part}'" if part else "")
        lines.append(f"function key.{name}({', '.join(names)}) return {text} end")
    return "\n".join(lines) + "\n"
