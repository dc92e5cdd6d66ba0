"""New runs as JSON: what `enqueue` takes, and what a batch's spool holds."""

import json

from mlmon_scheduler.application.stored import NewRun


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
