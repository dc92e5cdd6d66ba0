"""What is true after every fault, stated in one place."""

import asyncio
import contextlib
import itertools
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlmon_scheduler.adapters.redis.keys import PREFIX
from mlmon_shared.errors import MlmonError
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import (
    FINAL_ATTEMPT_STATES,
    FINAL_RUN_STATES,
    AttemptState,
    BatchState,
    Cause,
    RunState,
)
from tests.faults.harness import Cluster
from tests.faults.workload import LINEAGE, TOTALS, Entry, Workload, parents

_HISTORY_SECONDS = 25.0
_CLEAN_SECONDS = 20.0
_DOWNLOADS_AT_ONCE = 8
_NOT_FOR_LONG = (
    "live", "fan", "loading", "cancelling", "changing", "delayed", "grants_by_deadline", "q:*",
    "heads:*", "bests:*", "cells:*", "queues:*", "held:*", "holds:*", "holders:*", "parked:*",
    "directives:*", "needs:*", "dependants:*", "batch:*:items",
)  # fmt: skip
"""Keys in Redis that belong to what is not final yet."""
_ENDED = {AttemptState.LOST, AttemptState.RETURNED}


def lost_attempts(runs: Mapping[str, RunDocument]) -> list[str]:
    """Return the ids of attempts that were lost."""
    return [
        attempt.id
        for run in runs.values()
        for attempt in run.attempts
        if attempt.state is AttemptState.LOST
    ]


async def check_workload(
    cluster: Cluster, workload: Workload, batch: BatchDocument
) -> dict[str, RunDocument]:
    """State everything about the batch of the workload; return its runs by key."""
    runs = await check_batch(cluster, batch, totals=TOTALS, parents=parents)
    ledger = workload.entries()
    _check_ledger(runs, ledger)
    await _check_lineage(cluster, runs)
    await check_host(cluster)
    return runs


async def check_batch(
    cluster: Cluster,
    batch: BatchDocument,
    *,
    totals: Mapping[RunState, int],
    parents: Callable[[RunDocument], Iterable[str]],
) -> dict[str, RunDocument]:
    """State what API, history and events say of a finished batch; return its runs by key.

    Args:
        batch: As it was when it was finished.
        totals: Runs by final state, as without a fault.
        parents: Returns the keys of the runs that a run waits for.
    """
    assert batch.state is BatchState.FINISHED
    assert batch.counts == totals
    runs: dict[str, RunDocument] = {
        run.key or "": run async for run in cluster.client.list_runs(batch=batch.id)
    }
    assert Counter(run.state for run in runs.values()) == totals
    await _check_history(cluster, batch, list(runs.values()))
    await _check_events(cluster, runs, parents)
    await _check_published(cluster, runs)
    return runs


def attempts_in(runs: dict[str, RunDocument], state: AttemptState) -> list[str]:
    """Return the hosts of all attempts that ended so."""
    return [
        attempt.host for run in runs.values() for attempt in run.attempts if attempt.state is state
    ]


async def check_host(cluster: Cluster) -> None:
    """State that nothing is left: not with the scheduler, not on the host."""

    async def nothing_is_held() -> bool:
        for agent in await cluster.client.agents():
            assert agent.held == []
            assert agent.used.model_dump() == {"cpu_milli": 0, "memory": 0, "gpus": 0, "disk": 0}
        keys = [name async for name in cluster.events.redis.scan_iter(match=f"{PREFIX}*")]
        names = [Path(name.removeprefix(PREFIX)) for name in keys]
        left = [str(n) for n in names if any(n.match(pattern) for pattern in _NOT_FOR_LONG)]
        assert left == []
        return True

    def nothing_is_on_the_host() -> bool:
        for name in cluster.agents:
            assert list(cluster.scratch(name).iterdir()) == []
            assert _journaled(cluster.path / "agents" / name / "journal.sqlite3") == []
        shims = [line for line in cluster.processes() if "process.shim" in line]
        assert shims == []
        assert list((cluster.folder.artifacts / ".uploads").iterdir()) == []
        return True

    await eventually(nothing_is_held, within_seconds=_CLEAN_SECONDS)
    await eventually(nothing_is_on_the_host, within_seconds=_CLEAN_SECONDS)
    await cluster.stop_agents()
    words = [str(cluster.path / "agents"), "MLMON_RUN_ID"]
    assert [line for line in cluster.processes() if any(word in line for word in words)] == []
    mounts = _mounts()
    scratches = [f"{cluster.scratch(name)}/" for name in cluster.agents]
    assert [mount for mount in mounts if mount.startswith(tuple(scratches))] == []


def _mounts() -> list[str]:
    return [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]


def _journaled(path: Path) -> list[Any]:
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute("SELECT run_id, number, state FROM attempts").fetchall()


async def _check_history(cluster: Cluster, batch: BatchDocument, runs: list[RunDocument]) -> None:
    """History has the same runs, attempts and totals as the scheduler, each once."""

    async def history_is_whole() -> bool:
        page = await _answered(cluster.history.list_runs(batch=batch.id, limit=200))
        assert page.next_cursor is None
        found = {run.id: _facts(run) for run in page.items}
        assert len(found) == len(page.items)
        for run in runs:
            assert _differences(_facts(run), found.get(run.id, {})) == [], run.id
        known = await _answered(cluster.history.get_batch(batch.id))
        assert known.model_dump() == batch.model_dump()
        return True

    await eventually(history_is_whole, within_seconds=_HISTORY_SECONDS)
    letters = cluster.postgres.execute("SELECT * FROM dead_letters", database="reports")
    assert letters == []
    attempts = cluster.postgres.execute("SELECT id, state FROM attempts", database="reports")
    assert len(attempts) >= sum(len(run.attempts) for run in runs)
    assert {state for _, state in attempts} <= {state.value for state in FINAL_ATTEMPT_STATES}


async def _answered(call: Any) -> Any:
    try:
        return await call
    except MlmonError as error:
        raise AssertionError(error.detail) from error


def _differences(live: Any, past: Any, path: str = "") -> list[str]:
    """Return where two documents differ, and how."""
    if isinstance(live, dict) and isinstance(past, dict):
        pairs = [(live.get(name), past.get(name), f"{path}/{name}") for name in live | past]
    elif isinstance(live, list) and isinstance(past, list) and len(live) == len(past):
        pairs = [
            (one, other, f"{path}/{place}")
            for place, (one, other) in enumerate(zip(live, past, strict=True))
        ]
    else:
        return [] if live == past else [f"{path}: {live!r} is {past!r} in history"]
    return [line for one, other, place in pairs for line in _differences(one, other, place)]


def _facts(run: RunDocument) -> dict[str, Any]:
    """Return what is the same in the live document and in history's."""
    document = run.model_dump(exclude={"is_durable", "progress", "rv"})
    for attempt in document["attempts"]:
        attempt.pop("progress")
    return document


async def _check_events(
    cluster: Cluster,
    runs: Mapping[str, RunDocument],
    parents: Callable[[RunDocument], Iterable[str]],
) -> None:
    """Each run and attempt became final once, and nothing came after; nobody began too early."""
    by_thing: dict[tuple[str, str], list[Mapping[str, str]]] = defaultdict(list)
    order: dict[tuple[str, str], int] = {}
    for place, (_, fields) in enumerate(await cluster.events.whole()):
        by_thing[fields["kind"], fields["id"]].append(fields)
        order.setdefault((fields["id"], fields.get("state", "")), place)
    for run in runs.values():
        events = by_thing["run", run.id]
        _check_one_end(run.id, events, FINAL_RUN_STATES)
        assert events[-1]["state"] == run.state
        versions = [int(fields["rv"]) for fields in events]
        assert versions == sorted(set(versions)), f"versions of {run.id} repeat or go back"
        for attempt in run.attempts:
            _check_one_end(attempt.id, by_thing["attempt", attempt.id], FINAL_ATTEMPT_STATES)
        if run.attempts:
            begun = order[run.id, "leased"]
            for key in parents(run):
                parent = runs[key]
                assert order[parent.id, parent.state] < begun, f"{run.key} began before {key} ended"


def _check_one_end(name: str, events: Sequence[Mapping[str, str]], finals: Iterable[str]) -> None:
    states = [fields["state"] for fields in events if "state" in fields]
    ends = [state for state in states if state in set(finals)]
    assert len(ends) == 1, f"{name} has {len(ends)} ends: {states}"
    assert states[-1] in set(finals), f"{name} went on after its end: {states}"


async def _check_published(cluster: Cluster, runs: Mapping[str, RunDocument]) -> None:
    """What a run published is in the store, and belongs to the one attempt that succeeded."""
    for run in runs.values():
        winners = [attempt for attempt in run.attempts if attempt.state is AttemptState.SUCCEEDED]
        assert len(winners) == (1 if run.state is RunState.SUCCEEDED else 0), run.key
        assert [attempt.number for attempt in run.attempts] == list(range(1, run.attempt + 1))
        if winners:
            assert winners == run.attempts[-1:], f"{run.key} was tried again after it succeeded"
        folder = cluster.folder.artifacts / run.id / str(run.attempt)
        for artifact in run.artifacts:
            assert winners, f"{run.key} published without success"
            assert (folder / artifact.path).stat().st_size == artifact.size


def _check_ledger(runs: Mapping[str, RunDocument], ledger: Sequence[Entry]) -> None:
    """Commands ran once an attempt, in order, and one after the other."""
    times = Counter((entry.run_id, entry.attempt, entry.what) for entry in ledger)
    assert set(times.values()) == {1}, "an attempt's command ran twice"
    assert len({(e.run_id, e.attempt, e.fence) for e in ledger}) == len(
        {(e.run_id, e.attempt) for e in ledger}
    )
    at = {(entry.run_id, entry.attempt, entry.what): entry.at for entry in ledger}
    for run in runs.values():
        started = [a for a in run.attempts if (run.id, a.number, "start") in at]
        ended = [a for a in started if (run.id, a.number, "end") in at]
        if run.state is RunState.SUCCEEDED:
            assert run.attempts[-1] in ended, f"{run.key} succeeded, but its command did not end"
        if not started:
            assert run.state is not RunState.SUCCEEDED
            continue
        first = min(at[run.id, attempt.number, "start"] for attempt in started)
        for key in parents(run):
            parent = runs[key]
            if parent.attempts:
                end = at[parent.id, parent.attempts[-1].number, "end"]
                assert end < first, f"{run.key} started before {key} ended"
        for before, after in itertools.pairwise(started):
            if before.state not in _ENDED:
                # A command that cannot write, for its disk is full, ends without noting it.
                is_noted = (run.id, before.number, "end") in at
                assert is_noted or before.cause is Cause.DISK
                end = at.get((run.id, before.number, "end"), 0)
                assert end < at[run.id, after.number, "start"], f"attempts of {run.key} overlap"


async def _check_lineage(cluster: Cluster, runs: Mapping[str, RunDocument]) -> None:
    """Each run published the name of its accepted attempt, and read those of its parents."""

    slots = asyncio.Semaphore(_DOWNLOADS_AT_ONCE)

    async def lineage_of(run: RunDocument) -> list[str]:
        async with slots, cluster.client.scheduler.open_artifact(run.id, LINEAGE) as response:
            return (await response.aread()).decode().split()

    succeeded = {key: run for key, run in runs.items() if run.state is RunState.SUCCEEDED}
    found = dict(
        zip(
            succeeded,
            await asyncio.gather(*(lineage_of(run) for run in succeeded.values())),
            strict=True,
        )
    )
    for key, run in succeeded.items():
        own, *read = found[key]
        assert own == f"{run.id}.{run.attempt}", f"{key} published what another attempt wrote"
        wanted = [name for parent in parents(run) for name in found.get(parent, [])]
        assert sorted(read) == sorted(wanted), f"{key} read something else than its parents wrote"
