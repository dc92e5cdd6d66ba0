"""Turn a checked submission into runs with their fields, edges and groups."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from mlmon_scheduler.application.stored import NewRun
from mlmon_scheduler.domain.catalogs import CheckedRun
from mlmon_scheduler.domain.gates import gates_of
from mlmon_scheduler.domain.shapes import cell_of, class_of, shape_of
from mlmon_shared.wire.records import to_milliseconds
from mlmon_shared.wire.runs import DependencyDocument
from mlmon_shared.wire.states import Lane


def build_run(
    run_id: str,
    checked: CheckedRun,
    *,
    client: str,
    submitted_by: str,
    priority: int | None,
    lane: Lane | None,
    labels: Mapping[str, str],
    dependencies: Sequence[DependencyDocument],
    batch: str = "",
    key: str = "",
    index: int = 0,
    groups: Sequence[str] = (),
    not_before: datetime | None = None,
) -> NewRun:
    """Return a run with every field that it starts with."""
    definition = checked.version.definition
    shape = shape_of(definition)
    given_priority = str(definition.priority if priority is None else priority)
    given_lane = (definition.lane if lane is None else lane).value
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
        "pools": _json(definition.pools),
        "depends_on": _json([link.model_dump(exclude_none=True) for link in dependencies]),
        "submitted_by": submitted_by,
        "class": class_of(definition.pools),
        "shape": shape,
        "cell": cell_of(shape),
        "share": repr(checked.share),
        "estimate": repr(checked.estimate.mean),
        "p90": repr(checked.estimate.p90),
        "gates": gates_of(definition, client),
    }
    if batch:
        fields |= {"batch": batch, "key": key}
    if not_before is not None:
        fields["not_before"] = str(to_milliseconds(not_before))
    return NewRun(
        id=run_id,
        fields=fields,
        edges=[(link.run or f"g:{link.group}", link.when.value) for link in dependencies],
        groups=list(groups),
        index=index,
    )


def _json(value: Any) -> str:  # noqa: ANN401 - any JSON value
    return json.dumps(value, separators=(",", ":"))
