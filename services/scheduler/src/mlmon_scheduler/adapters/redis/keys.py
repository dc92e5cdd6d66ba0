"""Every Redis key of the scheduler: the templates, in Python and in Lua.

One hash tag per shard (`{s0}`) keeps a shard's keys in one cluster slot. The table below
is rendered into the prelude of each Lua script, so that no key is spelled twice.
"""

from typing import Final

SHARD: Final = "s0"
PREFIX: Final = f"{{{SHARD}}}:"

TEMPLATES: Final = {
    # name: parts after the shard's prefix; `?` stands for one argument
    "ep": "ep",  # hash: epoch, instance, recovery (its phase), recoverer, bundle
    "recoverer": "recoverer:?",  # string, seconds: who recovers the shard is alive
    "bundle_alive": "bundle_alive",  # string, seconds: a replica with the scripts in force is alive
    "replaced_bundles": "replaced_bundles",  # hash: scripts that newer ones replaced -> when
    "fence": "fence",  # int: fences counted inside the epoch
    "run": "run:?",  # hash: a live run (wire/records.py, and the scheduler's own fields)
    "attempt": "attempt:?.?",  # hash: an attempt of a live run
    "spec": "spec:?:?",  # string: the immutable definition of a job's version, JSON
    "snapshot": "snapshot",  # string: copy of config-api's snapshot, JSON
    "queue": "q:?:?:?",  # zset: class, lane, band -> queued runs by order
    "bands": "bands:?:?",  # set: class, lane -> bands whose queue is not empty
    "classes": "classes:?",  # set: pool -> classes that its agents look in (`*`: any pool)
    "delayed": "delayed",  # zset: delayed runs by the time at which they become ready
    "needs": "needs:?",  # hash: open edges of a blocked run: parent -> condition
    "dependants": "dependants:?",  # set: runs and groups (`g:<id>`) that wait on a run or group
    "fan": "fan",  # zset: finished runs and groups whose dependants are still to be told
    "done": "done:?",  # hash, 48 h: outcome of a finished run or group
    "group": "group:?",  # hash: fan-in barrier
    "members": "members:?",  # set: runs of a group
    "batch": "batch:?",  # hash: a batch
    "items": "batch:?:items",  # list: spool of a batch that is being loaded
    "batch_groups": "batch:?:groups",  # set: fan-in groups of a batch
    "batch_runs": "batch:?:runs",  # zset: runs of a batch in order of submission
    "batch_counts": "batch:?:counts",  # hash: state -> runs
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
    "events": "events:?",  # stream: epoch -> state changes, drained by report-writer
    "watermark": "watermark:?",  # string: epoch -> newest event in history
    "wake": "wake",  # pub/sub channel: classes and agents for which there is news
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
