"""Bring runs, batches and groups back from history into an empty shard."""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.application.recovery_ports import RecoveryHistory, RecoveryStore
from mlmon_scheduler.application.stored import (
    NewRun,
    RestoredBatch,
    RestoredGroup,
    RestoredLease,
    RestoredRun,
)
from mlmon_scheduler.application.submissions import with_dependencies
from mlmon_scheduler.domain.patience import lost_after, young_lost_after
from mlmon_shared.errors import NotFoundError, StoreUnavailableError
from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.history import OpenRun
from mlmon_shared.wire.job_definitions import Resources
from mlmon_shared.wire.models import read_json
from mlmon_shared.wire.records import to_milliseconds
from mlmon_shared.wire.runs import DependencyDocument
from mlmon_shared.wire.states import FINAL_RUN_STATES, BatchState, RunState

_CHUNK: Final = 50
_LOST_AFTER_SECONDS: Final = 612.0
"""Of an agent whose pool is gone: as long as a pool waits that says nothing else."""
_LEASED: Final = frozenset({RunState.LEASED, RunState.RUNNING, RunState.CANCELLING})
_WITH_EDGES: Final = frozenset({RunState.BLOCKED, RunState.HELD})
_OWN: Final = frozenset({"state", "agent", "rv"})
"""Fields that the store gives a run anew."""

log = structlog.get_logger(__name__)


@dataclass
class _Survey:
    """What a first look through history tells of all runs at once."""

    open_ids: set[str] = field(default_factory=set)
    final_ids: set[str] = field(default_factory=set)
    counts: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    open_members: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    final_members: dict[tuple[str, str], list[str]] = field(
        default_factory=lambda: defaultdict(list)
    )
    succeeded: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    open_runs: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    groups: dict[str, dict[str, DependencyDocument]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    versions: set[tuple[str, int]] = field(default_factory=set)

    def groups_of(self, batch: str, job: str) -> list[str]:
        """Return the groups that a run of the batch is a member of."""
        found = self.groups.get(batch, {})
        return [group for group, link in found.items() if link.job == job]


@dataclass(frozen=True)
class _Waiter:
    """A run that is enqueued once its parents are."""

    new: NewRun
    run: OpenRun


@dataclass
class _Waiting:
    """Runs by the parents that they still wait for."""

    by_parent: dict[str, list[_Waiter]] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)

    def add(self, waiter: _Waiter, known: set[str]) -> bool:
        """Let a run wait; True when it need not."""
        parents = {parent for parent, _ in waiter.new.edges} - known
        for parent in parents:
            self.by_parent.setdefault(parent, []).append(waiter)
        self.missing[waiter.new.id] = len(parents)
        return not parents

    def release(self, parent: str) -> list[_Waiter]:
        """Return the runs that waited for this parent last."""
        released = []
        for waiter in self.by_parent.pop(parent, []):
            self.missing[waiter.new.id] -= 1
            if self.missing[waiter.new.id] == 0:
                released.append(waiter)
        return released


class RunRestorer:
    """Reads history twice, page by page: to survey what there is, and to bring it back.

    Args:
        store: An empty shard, closed to everybody else.
        history: With everything that happened before.
        configuration: Has the specs of versions, and the pools' patience.
        shard: Whose history.
    """

    def __init__(
        self,
        store: RecoveryStore,
        history: RecoveryHistory,
        configuration: Configuration,
        shard: str,
    ) -> None:
        self._store = store
        self._history = history
        self._configuration = configuration
        self._shard = shard

    async def restore(self) -> int:
        """Bring everything back; return how many runs are not final.

        Repeating it, also after it was interrupted, adds what is missing.

        Raises:
            MlmonError: History or the store does not answer, or another replica has taken over.
        """
        survey = await self._survey()
        batches = await self._restore_batches(survey)
        restored = await self._restore_runs(survey)
        for batch_id in batches:
            await self._store.seal_batch(batch_id)
        await self._configuration.load_versions(survey.versions)
        await self._configuration.keep(survey.versions)
        await self._store.save_snapshot(self._configuration.snapshot)
        log.info("runs restored", runs=restored, batches=len(batches))
        return restored

    async def _survey(self) -> _Survey:
        survey = _Survey()
        async for page in self._pages():
            for run in page:
                _look_at(survey, run)
            finals = [run for run in page if _state(run) in FINAL_RUN_STATES]
            await self._store.restore_final([_restored(survey, run) for run in finals])
        return survey

    async def _restore_batches(self, survey: _Survey) -> list[str]:
        batches: list[str] = []
        cursor: str | None = None
        while True:
            await self._go_on()
            page = await self._history.list_open_batches(self._shard, cursor=cursor)
            for document in page.items:
                batch = _batch(document, survey)
                await self._store.restore_batch(batch)
                for group in batch.groups:
                    members = survey.final_members.get((batch.id, group.job), [])
                    await self._store.add_members(group.id, members)
                batches.append(batch.id)
            cursor = page.next_cursor
            if cursor is None:
                return batches

    async def _restore_runs(self, survey: _Survey) -> int:
        known = set(survey.final_ids)
        known |= {f"g:{group}" for groups in survey.groups.values() for group in groups}
        waiting = _Waiting()
        count = 0
        async for page in self._pages():
            ready: list[_Waiter] = []
            for run in page:
                state = _state(run)
                if state in FINAL_RUN_STATES:
                    continue
                count += 1
                if state in _LEASED:
                    await self._restore_lease(survey, run)
                    known.add(run.fields["id"])
                    ready += waiting.release(run.fields["id"])
                else:
                    waiter = _Waiter(_new_run(survey, run), run)
                    await self._remember_parents(waiter.new, survey, known)
                    if waiting.add(waiter, known):
                        ready.append(waiter)
            # Parents first: a run may wait on one of a later page.
            while ready:
                await self._enqueue(ready)
                known |= {waiter.new.id for waiter in ready}
                ready = [each for waiter in ready for each in waiting.release(waiter.new.id)]
        if waiting.by_parent:
            # Edges never form a circle, so only a history that changed explains this.
            raise StoreUnavailableError(
                "runs wait on others that history no longer lists", retry_after_seconds=1
            )
        return count

    async def _enqueue(self, ready: Sequence["_Waiter"]) -> None:
        for start in range(0, len(ready), _CHUNK):
            await self._go_on()
            chunk = ready[start : start + _CHUNK]
            await self._store.enqueue([waiter.new for waiter in chunk])
            await self._store.restore_attempts(
                [
                    RestoredRun(waiter.new.id, waiter.run.fields, attempts=waiter.run.attempts)
                    for waiter in chunk
                ]
            )
            for waiter in chunk:
                if _state(waiter.run) is RunState.HELD:
                    await self._store.hold([waiter.new.id], waiter.run.fields.get("reason", ""))

    async def _restore_lease(self, survey: _Survey, run: OpenRun) -> None:
        restored = _restored(survey, run)
        fields = restored.fields
        number = fields["attempt"]
        known = [attempt for attempt in run.attempts if attempt["number"] == number]
        attempt = known[0] if known else _granted(fields)
        pools = self._configuration.catalog.pools
        pool = pools.get(fields.get("pool", ""))
        limits = await self._configuration.find_limits(
            fields["job"], int(fields["version"]), fields.get("pool", "")
        )
        await self._store.restore_lease(
            RestoredLease(
                run=restored,
                attempt={**attempt, **(limits.fields() if limits is not None else {})},
                shape=Vector.of(read_json(Resources, fields["resources"])),
            ),
            lost_after_seconds=lost_after(pool) if pool is not None else _LOST_AFTER_SECONDS,
            accept_seconds=young_lost_after(pools.values()),
        )

    async def _remember_parents(self, new: NewRun, survey: _Survey, known: set[str]) -> None:
        """Bring back the outcome of parents that are neither open nor in an open batch."""
        for parent, _ in new.edges:
            if parent in known or parent in survey.open_ids:
                continue
            if parent.startswith("g:"):
                outcome: Mapping[str, str] = {
                    "state": RunState.CANCELLED.value,
                    "reason": "Its batch was lost.",
                }
            else:
                outcome = await self._outcome_of(parent)
            await self._store.restore_outcome(parent, outcome)
            known.add(parent)

    async def _outcome_of(self, run_id: str) -> Mapping[str, str]:
        try:
            run = await self._history.get_run(run_id)
        except NotFoundError:
            # It was submitted above the durable watermark: what waits on it never starts.
            reason = "It was lost with Redis before history had it."
            return {"state": RunState.CANCELLED.value, "reason": reason, "job": "?", "client": "?"}
        return {
            "state": run.state.value,
            "reason": run.reason or "",
            "job": run.job,
            "client": run.client,
            "fence": run.attempts[-1].fence if run.attempts else "",
        }

    async def _pages(self) -> AsyncIterator[list[OpenRun]]:
        cursor: str | None = None
        while True:
            await self._go_on()
            page = await self._history.list_open_runs(self._shard, cursor=cursor)
            yield page.items
            cursor = page.next_cursor
            if cursor is None:
                return

    async def _go_on(self) -> None:
        if not await self._store.claim():
            raise StoreUnavailableError("another replica recovers the shard now")


def _state(run: OpenRun) -> RunState:
    return RunState(run.fields["state"])


def _links(run: OpenRun) -> list[DependencyDocument]:
    documents = json.loads(run.fields.get("depends_on") or "[]")
    return [DependencyDocument.model_validate(document) for document in documents]


def _look_at(survey: _Survey, run: OpenRun) -> None:
    fields, state = run.fields, _state(run)
    batch = fields.get("batch", "")
    member = (batch, fields["job"])
    if state in FINAL_RUN_STATES:
        survey.final_ids.add(fields["id"])
        counts = survey.counts[batch]
        counts[state] = counts.get(state, 0) + 1
        survey.final_members[member].append(fields["id"])
        survey.succeeded[member] += state is RunState.SUCCEEDED
        return
    survey.open_ids.add(fields["id"])
    survey.open_runs[batch] += 1
    survey.open_members[member] += 1
    survey.versions.add((fields["job"], int(fields["version"])))
    for link in _links(run):
        if link.group is not None:
            survey.groups[batch][link.group] = link


def _batch(document: BatchDocument, survey: _Survey) -> RestoredBatch:
    groups = [
        RestoredGroup(
            id=group_id,
            job=link.job,
            expected=link.expected or 0,
            percent=link.percent if link.percent is not None else 100.0,
            # What a lost spool never brought counts as over, and not as succeeded.
            final=(link.expected or 0) - survey.open_members[document.id, link.job],
            succeeded=survey.succeeded[document.id, link.job],
        )
        for group_id, link in survey.groups.get(document.id, {}).items()
    ]
    return RestoredBatch(
        id=document.id,
        fields={
            "id": document.id,
            "name": document.name or "",
            "total": str(document.total),
            "labels": json.dumps(document.labels),
            "submitted_by": document.submitted_by or "",
            "created_at": str(to_milliseconds(document.created_at)),
            "state": BatchState.LOADING.value,
        },
        counts=survey.counts.get(document.id, {}),
        open=survey.open_runs.get(document.id, 0),
        groups=groups,
    )


def _restored(survey: _Survey, run: OpenRun) -> RestoredRun:
    fields = run.fields
    return RestoredRun(
        id=fields["id"],
        fields=fields,
        attempts=run.attempts,
        groups=survey.groups_of(fields.get("batch", ""), fields["job"]),
        index=int(fields.get("index") or 0),
    )


def _new_run(survey: _Survey, run: OpenRun) -> NewRun:
    """Return a waiting run as a submission would: it keeps its age, budgets and attempts."""
    restored = _restored(survey, run)
    new = NewRun(
        id=restored.id,
        fields={name: text for name, text in run.fields.items() if name not in _OWN},
        groups=restored.groups,
        index=restored.index,
    )
    # What waits for nothing any more has had its dependencies met.
    return with_dependencies(new, _links(run)) if _state(run) in _WITH_EDGES else new


def _granted(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the attempt of a lease of which history has only the run's side."""
    return {
        "id": f"{fields['id']}.{fields['attempt']}",
        "number": fields["attempt"],
        "state": "granted",
        "agent": fields["agent"],
        "host": "unknown",
        "pool": fields.get("pool", ""),
        "fence": fields["fence"],
        "granted_at": fields.get("queued_at") or fields["created_at"],
    }
