"""Turn a checked submission into runs with their fields, edges and groups."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from mlmon_scheduler.application.stored import NewRun
from mlmon_scheduler.domain.catalogs import CheckedRun
from mlmon_scheduler.domain.shapes import band_of, class_of
from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.records import to_milliseconds
from mlmon_shared.wire.runs import DependencyDocument


def build_run(
    run_id: str,
    checked: CheckedRun,
    *,
    client: str,
    submitted_by: str,
    priority: int | None,
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
    vector = Vector.of(definition.resources)
    fields = {
        "id": run_id,
        "job": definition.name,
        "version": str(checked.version.version),
        "client": client,
        "image": definition.image,
        "lane": definition.lane.value,
        "priority": str(definition.priority if priority is None else priority),
        "labels": _json({**definition.labels, **labels}),
        "params": _json(checked.params),
        "resources": definition.resources.model_dump_json(),
        "pools": _json(definition.pools),
        "depends_on": _json([link.model_dump(exclude_none=True) for link in dependencies]),
        "submitted_by": submitted_by,
        "class": class_of(definition.pools),
        "band": band_of(vector),
    }
    if batch:
        fields |= {"batch": batch, "key": key, "index": str(index)}
    if not_before is not None:
        fields["not_before"] = str(to_milliseconds(not_before))
    return NewRun(
        id=run_id,
        fields=fields,
        edges=edges_of(dependencies),
        groups=list(groups),
        index=index,
    )


def edges_of(dependencies: Sequence[DependencyDocument]) -> list[tuple[str, str]]:
    """Return the edges of a run as the store takes them: parent and condition."""
    return [(link.run or f"g:{link.group}", link.when.value) for link in dependencies]


def _json(value: Any) -> str:  # noqa: ANN401 - any JSON value
    return json.dumps(value, separators=(",", ":"))
