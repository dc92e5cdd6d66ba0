"""Resolve what the items of a batch depend on."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from mlmon_scheduler.application.find_parents import ParentFinder
from mlmon_scheduler.application.stored import NewGroup
from mlmon_scheduler.application.submissions import look_up_job
from mlmon_scheduler.domain.catalogs import CheckedRun
from mlmon_scheduler.domain.dependencies import explain_fan_in, find_join_faults, find_repeats
from mlmon_shared.ids import derived_id, id_milliseconds
from mlmon_shared.visibility import EVERYTHING, Visibility
from mlmon_shared.wire.batches import BatchItem, BatchSubmission
from mlmon_shared.wire.job_definitions import DependencyScope, JobDependency
from mlmon_shared.wire.runs import DependencyDocument

CHUNK: Final = 100
"""Items between which the event loop gets a turn."""
BATCH_EDGES_LIMIT: Final = 250_000
_ALL_OF_GROUP: Final = 100.0


@dataclass
class BatchPlan:
    """What a batch comes to while it is being checked.

    Attributes:
        checked: The version and parameters of each item, by key.
        links: What each item waits on.
        parents: Keys that must be loaded before an item.
        groups: Fan-in groups by job and percentage.
        members: Groups that an item is a member of.
        faults: Found so far.
        visibility: Of who submits it.
    """

    submission: BatchSubmission
    checked: dict[str, CheckedRun] = field(default_factory=dict)
    links: dict[str, list[DependencyDocument]] = field(default_factory=dict)
    parents: dict[str, list[str]] = field(default_factory=dict)
    groups: dict[tuple[str, float], NewGroup] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    faults: list[dict[str, str]] = field(default_factory=list)
    visibility: Visibility = EVERYTHING


def item_run_id(batch_id: str, key: str) -> str:
    """Return the id of an item's run: the same however often the batch is loaded."""
    return derived_id(id_milliseconds(batch_id), batch_id, "run", key)


class BatchLinker:
    """Fills a plan's links, parents, groups and members.

    Args:
        parents: Finds runs outside the batch.
    """

    def __init__(self, parents: ParentFinder) -> None:
        self._parents = parents

    async def link_items(self, plan: BatchPlan, batch_id: str) -> None:
        """Resolve what the definitions and the items depend on; faults go into the plan.

        Repeating it, for another id of the batch, replaces what was there.
        """
        plan.links, plan.parents, plan.groups, plan.members = {}, {}, {}, {}
        items = plan.submission.items
        jobs = await self._find_outside(plan)
        linking = _Linking(plan, batch_id, jobs)
        edges = 0
        for place, item in enumerate(items):
            linking.link_item(place, item)
            edges += len(plan.links[item.key])
            if edges > BATCH_EDGES_LIMIT:
                detail = f"a batch may have {BATCH_EDGES_LIMIT} dependencies in all; split it"
                plan.faults.append({"pointer": f"/items/{place}/depends_on", "detail": detail})
                return
            if place % CHUNK == CHUNK - 1:
                await asyncio.sleep(0)

    async def _find_outside(self, plan: BatchPlan) -> dict[str, str]:
        """Return the jobs of the runs outside the batch that its items name."""
        named = [
            (f"/items/{place}/depends_on/{number}/run", edge.run)
            for place, item in enumerate(plan.submission.items)
            for number, edge in enumerate(item.depends_on)
            if edge.run is not None
        ]
        jobs, faults = await self._parents.find_jobs(named, plan.visibility)
        plan.faults += faults
        return jobs


class _Linking:
    """One pass over the items."""

    def __init__(self, plan: BatchPlan, batch_id: str, outside: Mapping[str, str]) -> None:
        self._plan = plan
        self._batch_id = batch_id
        self._outside = outside
        self._jobs = {item.key: item.job for item in plan.submission.items}
        self._by_job: dict[str, list[str]] = {}
        self._by_client: dict[tuple[str, str], list[str]] = {}
        for item in plan.submission.items:
            self._by_job.setdefault(item.job, []).append(item.key)
            self._by_client.setdefault((item.job, item.client), []).append(item.key)

    def link_item(self, place: int, item: BatchItem) -> None:
        """Resolve the dependencies of one item."""
        plan, at = self._plan, f"/items/{place}"
        definition = plan.checked[item.key].version.definition
        links = plan.links[item.key] = self._named(place, item)
        parents = plan.parents[item.key] = [
            edge.key for edge in item.depends_on if edge.key is not None
        ]
        for dependency in definition.depends_on:
            if dependency.scope is DependencyScope.BATCH:
                parents += self._link_group(item, dependency, at)
            else:
                parents += self._link_client(item, dependency)
        plan.faults += find_join_faults(
            item.join or definition.join, len(links), is_of_job=item.join is None, at=at
        )

    def _named(self, place: int, item: BatchItem) -> list[DependencyDocument]:
        links, targets = [], []
        for number, edge in enumerate(item.depends_on):
            pointer = f"/items/{place}/depends_on/{number}"
            if edge.key is not None:
                run = item_run_id(self._batch_id, edge.key)
                links.append(DependencyDocument(job=self._jobs[edge.key], run=run, when=edge.when))
                targets.append((f"{pointer}/key", edge.key))
            elif edge.run is not None:
                job = self._outside.get(edge.run, "")
                links.append(DependencyDocument(job=job, run=edge.run, when=edge.when))
                targets.append((f"{pointer}/run", edge.run))
        self._plan.faults += find_repeats(targets)
        return links

    def _link_group(self, item: BatchItem, dependency: JobDependency, at: str) -> list[str]:
        members = self._by_job.get(dependency.job, [])
        if not members:
            detail = explain_fan_in(item.job, dependency.job)
            self._plan.faults.append({"pointer": f"{at}/job", "detail": detail})
        group = self._group_of(dependency, members)
        self._plan.links[item.key].append(
            DependencyDocument(
                job=dependency.job,
                group=group.id,
                percent=group.percent,
                expected=group.expected,
            )
        )
        return members

    def _link_client(self, item: BatchItem, dependency: JobDependency) -> list[str]:
        upstream = self._by_client.get((dependency.job, item.client), [])
        links = self._plan.links[item.key]
        if not upstream and not any(link.job == dependency.job for link in links):
            links.append(look_up_job(dependency))
        named = {link.run for link in links}
        runs = [item_run_id(self._batch_id, key) for key in upstream]
        links += [
            DependencyDocument(job=dependency.job, run=run, when=dependency.when)
            for run in runs
            if run not in named
        ]
        return upstream

    def _group_of(self, dependency: JobDependency, members: list[str]) -> NewGroup:
        plan, batch_id = self._plan, self._batch_id
        share = _ALL_OF_GROUP if dependency.percent is None else dependency.percent
        known = plan.groups.get((dependency.job, share))
        if known is not None:
            return known
        group_id = derived_id(
            id_milliseconds(batch_id), batch_id, "group", dependency.job, f"{share:.17g}"
        )
        group = NewGroup(id=group_id, job=dependency.job, expected=len(members), percent=share)
        plan.groups[dependency.job, share] = group
        for key in members:
            plan.members.setdefault(key, []).append(group_id)
        return group
