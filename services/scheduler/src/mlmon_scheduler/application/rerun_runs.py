"""Run again what has ended: always as new runs."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.application.open_batches import BatchOpener
from mlmon_scheduler.application.ports import RunStore
from mlmon_scheduler.application.read_runs import RunReader
from mlmon_scheduler.application.record_actions import ActionRecorder
from mlmon_scheduler.application.select_reruns import RerunSelector
from mlmon_scheduler.application.stored import NewBatch, NewGroup, NewRun
from mlmon_scheduler.application.submissions import build_run
from mlmon_scheduler.domain.batches import loading_order
from mlmon_scheduler.domain.catalogs import Catalog, CheckedRun, check_run
from mlmon_scheduler.domain.reruns import Selection, parents_within, rebuild_link
from mlmon_scheduler.domain.schedules import slot_fields
from mlmon_shared.errors import ConflictError, NotFoundError
from mlmon_shared.ids import derived_id, id_milliseconds
from mlmon_shared.principals import Principal
from mlmon_shared.visibility import Visibility
from mlmon_shared.wire.actions import Action
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.reruns import RerunDocument, RerunOnly, RerunScope
from mlmon_shared.wire.runs import DependencyDocument, RunDocument
from mlmon_shared.wire.states import BatchState, RunState
from mlmon_shared.wire.validation import summarise

_NAME_LIMIT = 200


class Rerunner:
    """Repeats runs with the version, parameters and labels that they had."""

    def __init__(
        self,
        store: RunStore,
        configuration: Configuration,
        reader: RunReader,
        actions: ActionRecorder,
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._configuration = configuration
        self._reader = reader
        self._actions = actions
        self._new_id = new_id
        self._selector = RerunSelector(store, reader)
        self._opener = BatchOpener(store, reader, new_id)

    async def rerun_run(
        self,
        run_id: str,
        scope: RerunScope,
        principal: Principal,
        *,
        idempotency_key: str | None = None,
    ) -> RerunDocument:
        """Repeat a run, alone or with all that waited on it.

        Args:
            run_id: Which; it must have ended.
            scope: What else.
            principal: Who asks.
            idempotency_key: The same again returns what it made.

        Returns:
            The new run; or a batch, where there are several or the run fans in.

        Raises:
            NotFoundError: There is no such run.
            ForbiddenError: The token does not see all that would be repeated.
            ConflictError: One of the runs has not ended, or cannot be repeated.
        """
        with _telling_nothing_of_others(principal.visibility, run_id):
            return await self._rerun_run(run_id, scope, principal, idempotency_key)

    async def _rerun_run(
        self, run_id: str, scope: RerunScope, principal: Principal, idempotency_key: str | None
    ) -> RerunDocument:
        new_id, made = await self._claim(f"run {run_id} {scope}", principal, idempotency_key)
        if made is not None:
            return made
        if scope is RerunScope.DOWNSTREAM:
            selection = await self._selector.select_downstream(run_id, principal.visibility)
        else:
            selection = await self._selector.select_run(run_id, principal.visibility)
        (first, *others) = selection.runs
        if others or any(link.group is not None for link in first.depends_on):
            name = f"re-run of {first.job} for {first.client}"
            plan = await self._plan(selection, new_id)
            after = {"batch": new_id, "total": len(selection.chosen)}
            await self._actions.record_run(principal, Action.RERUN, selection.known[run_id], after)
            return RerunDocument(batch=await self._open(plan, principal, name, {}))
        checked = (await self._check(selection))[first.id]
        links = [rebuild_link(link, selection, {}) for link in first.depends_on]
        rebuilt = _build(first, new_id, checked, principal, links)
        await self._actions.record_run(principal, Action.RERUN, first, {"run": new_id})
        await self._store.enqueue([rebuilt])
        return RerunDocument(run=await self._reader.get_run(new_id, principal.visibility))

    async def rerun_batch(
        self,
        batch_id: str,
        only: RerunOnly,
        principal: Principal,
        *,
        idempotency_key: str | None = None,
    ) -> BatchDocument:
        """Repeat the runs of a finished batch, or those that did not succeed.

        Raises:
            NotFoundError: There is no such batch.
            ConflictError: It is not finished, or there is nothing to repeat.
        """
        new_id, made = await self._claim(f"batch {batch_id} {only}", principal, idempotency_key)
        if made is not None and made.batch is not None:
            return made.batch
        with _telling_nothing_of_others(principal.visibility, batch_id):
            selection = await self._selector.select_batch(batch_id, only, principal.visibility)
            old = await self._reader.get_batch(batch_id)
            plan = await self._plan(selection, new_id)
            after = {"batch": new_id, "total": len(selection.chosen)}
            whole = selection.runs if len(selection.chosen) == old.total else ()
            await self._actions.record_batch(principal, Action.RERUN, old, after, runs=whole)
            name = f"re-run of {old.name or old.id}"
            return await self._open(plan, principal, name, old.labels)

    async def _claim(
        self, asked: str, principal: Principal, idempotency_key: str | None
    ) -> tuple[str, RerunDocument | None]:
        """Return the id to make, or what an earlier try made under the same key."""
        new_id = self._new_id()
        if idempotency_key is None:
            return new_id, None
        body = hashlib.sha256(f"rerun {asked}".encode()).hexdigest()
        claimed = await self._store.claim_key(principal.token_id, idempotency_key, body, new_id)
        if claimed == new_id:
            return new_id, None
        batch = await self._opener.find_batch(claimed)
        if batch is not None:
            return claimed, RerunDocument(batch=batch)
        try:
            run = await self._reader.get_run(claimed, principal.visibility)
            return claimed, RerunDocument(run=run)
        except NotFoundError:
            return claimed, None

    async def _check(self, selection: Selection) -> dict[str, CheckedRun]:
        """Return the version and parameters of each run to repeat.

        Raises:
            ConflictError: One cannot be run any more.
        """
        runs = selection.runs
        catalog = await self._configuration.naming(
            {run.job for run in runs}, {run.client for run in runs}
        )
        versions = {(run.job, run.version) for run in runs}
        await self._configuration.load_versions(versions)
        checked = {run.id: _check_run(catalog, run) for run in runs}
        await self._configuration.keep(versions)
        return checked

    async def _plan(self, selection: Selection, batch_id: str) -> "_Plan":
        """Return the batch to make; nothing is made yet.

        Raises:
            ConflictError: One of the runs cannot be run any more.
        """
        return _Plan(selection, batch_id, await self._check(selection))

    async def _open(
        self, plan: "_Plan", principal: Principal, name: str, labels: Mapping[str, str]
    ) -> BatchDocument:
        for group, outside in plan.outside.items():
            await self._store.add_members(group, outside)
        fields = {
            "id": plan.batch_id,
            "name": name[:_NAME_LIMIT],
            "total": str(plan.total),
            "labels": json.dumps(dict(labels)),
            "submitted_by": principal.name,
            "state": BatchState.LOADING.value,
        }
        batch = NewBatch(plan.batch_id, fields, list(plan.groups.values()))
        return await self._opener.open_batch(batch, plan.build(principal))


class _Plan:
    """The new runs and groups of a batch.

    Attributes:
        batch_id: Of the new one.
        total: New runs.
        groups: By the id of the group that each stands for.
        outside: Of each new group, the members that are not repeated.
    """

    def __init__(
        self, selection: Selection, batch_id: str, checked: Mapping[str, CheckedRun]
    ) -> None:
        self._selection = selection
        self._checked = checked
        self.batch_id = batch_id
        self.total = len(selection.chosen)
        self._new_ids = {run_id: self._derive("rerun", run_id) for run_id in selection.chosen}
        self._member_of: dict[str, list[str]] = {}
        self.groups: dict[str, NewGroup] = {}
        self.outside: dict[str, list[str]] = {}
        for run in selection.runs:
            for link in run.depends_on:
                if link.group is not None and link.group not in self.groups:
                    self._add_group(run, link, link.group)

    def build(self, principal: Principal) -> Iterator[NewRun]:
        """Yield the new runs, each after those that it waits on."""
        runs = {run.id: run for run in self._selection.runs}
        chosen = set(runs)
        keys = Counter(run.key for run in runs.values())
        places = {run_id: place for place, run_id in enumerate(runs)}
        order = loading_order(
            {run.id: parents_within(run, self._selection, chosen) for run in runs.values()}
        )
        for run_id in order:
            run = runs[run_id]
            yield _build(
                run,
                self._new_ids[run_id],
                self._checked[run_id],
                principal,
                [self._rebuild(link) for link in run.depends_on],
                batch=self.batch_id,
                key=run.key if run.key is not None and keys[run.key] == 1 else run.id,
                index=places[run_id],
                groups=self._member_of.get(run_id, []),
            )

    def _add_group(self, run: RunDocument, link: DependencyDocument, old: str) -> None:
        selection, group = self._selection, self._derive("group", old)
        members = selection.members_of(link)
        outside = [member for member in members if member not in self._new_ids]
        outcomes = [selection.outcome_of(member) for member in outside]
        if None in outcomes:
            live = outside[outcomes.index(None)]
            raise ConflictError(f"run {live}, which run {run.id} fans in over, has not ended")
        self.outside[group] = outside
        self.groups[old] = NewGroup(
            id=group,
            job=link.job,
            expected=len(members),
            percent=100.0 if link.percent is None else link.percent,
            final=len(outside),
            succeeded=outcomes.count(RunState.SUCCEEDED),
        )
        for member in members:
            if member in self._new_ids:
                self._member_of.setdefault(member, []).append(group)

    def _rebuild(self, link: DependencyDocument) -> DependencyDocument:
        if link.group is None:
            return rebuild_link(link, self._selection, self._new_ids)
        return link.model_copy(update={"group": self.groups[link.group].id})

    def _derive(self, kind: str, name: str) -> str:
        return derived_id(id_milliseconds(self.batch_id), self.batch_id, kind, name)


@contextmanager
def _telling_nothing_of_others(visibility: Visibility, asked: str) -> Iterator[None]:
    """Leave ids that the token does not know out of what is wrong with a re-run.

    Args:
        visibility: Of the token.
        asked: Id of the run or batch that it asked for.
    """
    try:
        yield
    except (ConflictError, NotFoundError) as error:
        if not visibility.is_limited:
            raise
        detail = visibility.redact(error.detail, {asked}) or ""
        raise type(error)(detail) from error


def _check_run(catalog: Catalog, run: RunDocument) -> CheckedRun:
    checked, faults = check_run(
        catalog, job=run.job, version=run.version, client=run.client, params=run.params, at=""
    )
    if checked is None:
        raise ConflictError(f"run {run.id} cannot be run again: {summarise(faults)}", run_id=run.id)
    return checked


def _build(
    run: RunDocument,
    new_id: str,
    checked: CheckedRun,
    principal: Principal,
    links: list[DependencyDocument],
    *,
    batch: str = "",
    key: str = "",
    index: int = 0,
    groups: list[str] | None = None,
) -> NewRun:
    rebuilt = build_run(
        new_id,
        checked,
        client=run.client,
        submitted_by=principal.name,
        priority=run.priority,
        lane=run.lane,
        labels=run.labels,
        join=run.join,
        on_upstream_failure=run.on_upstream_failure,
        dependencies=links,
        batch=batch,
        key=key,
        index=index,
        groups=groups or [],
        rerun_of=run.id,
    )
    if run.slot is None or run.slot_date is None:
        return rebuilt
    return replace(rebuilt, fields={**rebuilt.fields, **slot_fields(run.slot, run.slot_date)})
