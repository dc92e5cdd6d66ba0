"""New runs and batches as JSON: what `enqueue` and `open_batch` take, and what a spool holds."""

import json

from mlmon_scheduler.application.stored import NewBatch, NewRun


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
    groups = [
        {
            "id": group.id,
            "job": group.job,
            "expected": str(group.expected),
            "percent": f"{group.percent:.17g}",
            "final": str(group.final),
            "succeeded": str(group.succeeded),
        }
        for group in batch.groups
    ]
    return json.dumps({"fields": dict(batch.fields), "groups": groups})
