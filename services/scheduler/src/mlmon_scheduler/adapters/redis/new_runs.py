"""New runs and batches as JSON: what `enqueue` and `open_batch` take, and what a spool holds."""

import json
from collections.abc import Sequence

from mlmon_scheduler.application.stored import NewBatch, NewGroup, NewRun, RestoredGroup


def encode_run(run: NewRun) -> str:
    """Return the document of a run."""
    return json.dumps(
        {
            "id": run.id,
            "fields": dict(run.fields),
            "edges": [list(edge) for edge in run.edges],
            "has_outside": run.has_outside,
            "is_sealed": run.is_sealed,
            "lookups": [
                [
                    lookup.job,
                    lookup.condition,
                    "" if lookup.within_ms is None else str(lookup.within_ms),
                    lookup.missing,
                    *lookup.slot_runs,
                ]
                for lookup in run.lookups
            ],
            "met": run.met,
            "unmet": run.unmet,
            "groups": list(run.groups),
            "index": run.index,
        }
    )


def encode_batch(batch: NewBatch) -> str:
    """Return the document of a batch, without its items."""
    return json.dumps({"fields": dict(batch.fields), "groups": group_documents(batch.groups)})


def group_documents(groups: Sequence[NewGroup | RestoredGroup]) -> list[dict[str, str]]:
    """Return what the scripts take of fan-in groups."""
    return [
        {
            "id": group.id,
            "job": group.job,
            "expected": str(group.expected),
            "percent": f"{group.percent:.17g}",
            "final": str(group.final),
            "succeeded": str(group.succeeded),
        }
        for group in groups
    ]
