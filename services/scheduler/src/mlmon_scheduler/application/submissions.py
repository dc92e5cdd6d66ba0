"""Turn a checked submission into runs with their fields, edges and groups."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter

from mlmon_scheduler.application.stored import EDGES_A_CALL, Lookup, NewRun
from mlmon_scheduler.domain.catalogs import CheckedRun
from mlmon_scheduler.domain.deadlines import deadline_fields
from mlmon_scheduler.domain.dependencies import explain_unmet, is_met
from mlmon_scheduler.domain.gates import gates_of
from mlmon_scheduler.domain.shapes import cell_of, class_of, shape_of
from mlmon_scheduler.domain.start_deadlines import start_fields
from mlmon_shared.ids import id_milliseconds
from mlmon_shared.wire.job_definitions import JobDependency
from mlmon_shared.wire.joins import Join, edges_needed
from mlmon_shared.wire.records import from_milliseconds, to_milliseconds
from mlmon_shared.wire.runs import DependencyDocument
from mlmon_shared.wire.states import Condition, Lane, Missing, UpstreamFailure

_JOIN: Final = TypeAdapter(Join)


def build_run(
    run_id: str,
    checked: CheckedRun,
    *,
    client: str,
    submitted_by: str,
    priority: int | None,
    lane: Lane | None,
    labels: Mapping[str, str],
    join: Join | None,
    on_upstream_failure: UpstreamFailure | None,
    dependencies: Sequence[DependencyDocument],
    batch: str = "",
    key: str = "",
    index: int = 0,
    groups: Sequence[str] = (),
    not_before: datetime | None = None,
    rerun_of: str = "",
    has_outside: bool = True,
    start_by: datetime | None = None,
    deadline: datetime | None = None,
) -> NewRun:
    """Return a run with every field that it starts with.

    The time that its id carries is when it was submitted.
    """
    definition = checked.version.definition
    shape = shape_of(definition)
    given_priority = str(definition.priority if priority is None else priority)
    given_lane = (definition.lane if lane is None else lane).value
    join = definition.join if join is None else join
    needed = edges_needed(join)
    links = [link.model_dump(exclude_none=True, mode="json") for link in dependencies]
    edges = edges_of(links)
    fields = {
        "id": run_id,
        "job": definition.name,
        "version": str(checked.version.version),
        "client": client,
        "image": definition.image,
        "lane": given_lane,
        "priority": given_priority,
        "effective_lane": given_lane,
        "effective_priority": given_priority,
        "labels": _json({**definition.labels, **labels}),
        "params": _json(checked.params),
        "resources": definition.resources.model_dump_json(),
        "pools": _json(checked.pools),
        "depends_on": _json(links),
        "join": _JOIN.dump_json(join).decode(),
        "on_upstream_failure": (on_upstream_failure or definition.on_upstream_failure).value,
        "submitted_by": submitted_by,
        "class": class_of(checked.pools, is_ordered=bool(definition.pools)),
        "shape": shape,
        "cell": cell_of(shape),
        "share": repr(checked.share),
        "estimate": repr(checked.estimate.mean),
        "p90": repr(checked.estimate.p90),
        "gates": gates_of(definition, client),
    }
    if batch:
        fields |= {"batch": batch, "key": key, "index": str(index)}
    if rerun_of:
        fields["rerun_of"] = rerun_of
    if needed is not None and links:
        fields["needed"] = str(needed)
    if len(edges) > EDGES_A_CALL:
        fields["edges_added"] = str(EDGES_A_CALL)
    if not_before is not None:
        fields["not_before"] = str(to_milliseconds(not_before))
    fields |= start_fields(definition.timeouts, start_by)
    if definition.deadline is not None or deadline is not None:
        submitted_at = from_milliseconds(id_milliseconds(run_id))
        start = max(submitted_at, not_before or submitted_at)
        fields |= deadline_fields(definition.deadline, deadline, start)
    run = NewRun(
        id=run_id, fields=fields, has_outside=has_outside, groups=list(groups), index=index
    )
    return with_dependencies(run, dependencies)


def with_dependencies(run: NewRun, dependencies: Sequence[DependencyDocument]) -> NewRun:
    """Return a run that waits for what its `depends_on` says, as far as one call carries it."""
    edges = edges_of([link.model_dump(exclude_none=True, mode="json") for link in dependencies])
    return replace(
        run,
        edges=edges[:EDGES_A_CALL],
        is_sealed=len(edges) <= EDGES_A_CALL,
        lookups=[_lookup(link) for link in dependencies if link.is_lookup],
        met=sum(is_met(link.when, link.outcome) for link in dependencies if link.outcome),
        unmet=next((reason for link in dependencies if (reason := explain_unmet(link))), ""),
    )


def edges_of(links: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return the edges that a run's dependencies come to, always in the same order.

    Args:
        links: As in the run's `depends_on`, decoded.
    """
    return [
        (str(link.get("run") or f"g:{link['group']}"), str(link.get("when", Condition.SUCCEEDED)))
        for link in links
        if (link.get("run") or link.get("group")) and not link.get("outcome")
    ]


def look_up_job(dependency: JobDependency) -> DependencyDocument:
    """Return the link of a definition's dependency that is resolved when the run is stored."""
    return DependencyDocument(
        job=dependency.job,
        when=dependency.when,
        within=dependency.within,
        missing=dependency.missing,
    )


def _lookup(link: DependencyDocument) -> Lookup:
    return Lookup(
        job=link.job,
        condition=link.when.value,
        within_ms=None if link.within is None else round(link.within * 1000),
        missing=(link.missing or Missing.WAIT).value,
    )


def _json(value: Any) -> str:  # noqa: ANN401 - any JSON value
    return json.dumps(value, separators=(",", ":"))
