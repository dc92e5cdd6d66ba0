"""Runs, attempts and batches as flat text fields: in Redis hashes and in events.

The scheduler keeps a live run as a hash of text; each event carries the fields that it
changed; report-writer merges them in order. Both build the public document with the
functions here, which is why the document of a final run equals that of the live one.

Times are integer milliseconds since 1970 as text. An absent field and an empty text both
mean "none". `avoid` is a list with commas. `params`, `labels`, `resources`, `pools`, `depends_on`,
`join`, `metrics`, `artifacts`, `checkpoints`, `phases` and `usage` hold JSON. `upstreams`
completes `depends_on`; see `dependencies_of`. What an attempt told over HTTP is beside what it
printed, a number each: `told_progress` and `told:<metric>`, for as long as it printed nothing newer
by that name.

Event entries in the stream `events:<epoch>` have, beside the changed fields:

    kind   run | attempt | batch | agent | breaker
    id     run id | `<run>.<number>` | batch id | agent id | `<job>:<version>`
    rv     the run's version after the change (a batch's for kind batch; `at` for others)
    at     milliseconds of Redis time
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.runs import AttemptDocument, RunDocument

EVENT_ENVELOPE: Final = ("kind", "id", "rv", "at")
RUN_TEXT: Final = (
    "id", "job", "client", "state", "batch", "key", "reason", "cause", "lane", "image",
    "on_upstream_failure", "submitted_by", "rerun_of", "deadline_outlook",
    "slot_date", "backfill",
)  # fmt: skip
RUN_NUMBERS: Final = ("version", "exit_code", "priority", "attempt", "rv")
RUN_TIMES: Final = (
    "created_at",
    "queued_at",
    "not_before",
    "start_by",
    "deadline",
    "slot",
    "started_at",
    "finished_at",
)
RUN_JSON: Final = (
    "labels", "params", "resources", "pools", "depends_on", "join", "metrics", "artifacts",
    "checkpoints",
)  # fmt: skip
RUN_LISTS: Final = ("avoid",)
RUN_FIELDS: Final = RUN_TEXT + RUN_NUMBERS + RUN_TIMES + RUN_JSON + RUN_LISTS
ATTEMPT_TEXT: Final = (
    "id", "state", "agent", "host", "pool", "fence", "cause", "reason", "image", "detail",
)  # fmt: skip
ATTEMPT_NUMBERS: Final = ("number", "exit_code")
ATTEMPT_TIMES: Final = ("granted_at", "accepted_at", "finished_at")
ATTEMPT_JSON: Final = ("phases", "usage")
TOLD_PROGRESS: Final = "told_progress"
TOLD_METRIC: Final = "told:"
BATCH_TEXT: Final = ("id", "name", "state", "outcome", "submitted_by")
BATCH_CHANGES: Final = ("change_hold", "change_priority")
"""What is still to be done to all of a batch that waits, one for each aspect."""
BATCH_TIMES: Final = ("created_at", "finished_at")


def from_milliseconds(value: int | str) -> datetime:
    """Return the UTC time of a count of milliseconds since 1970."""
    return datetime.fromtimestamp(int(value) / 1000, UTC)


def to_milliseconds(value: datetime) -> int:
    """Return milliseconds since 1970 of an aware time."""
    return round(value.timestamp() * 1000)


def run_document(
    fields: Mapping[str, str],
    attempts: Sequence[Mapping[str, str]],
    *,
    now_ms: int,
    is_durable: bool,
) -> RunDocument:
    """Build the public document of a run from its fields and those of its attempts.

    Args:
        fields: Of the run; fields that are not in `RUN_FIELDS` are the scheduler's own.
        attempts: Of each attempt, in order of their number.
        now_ms: For durations that are still growing.
        is_durable: Whether `fields` are in history.
    """
    values = _values(fields, RUN_TEXT, RUN_NUMBERS, RUN_TIMES, RUN_JSON)
    values["depends_on"] = dependencies_of(fields)
    values |= {name: fields[name].split(",") for name in RUN_LISTS if fields.get(name)}
    documents = [attempt_document(attempt) for attempt in attempts]
    values["attempts"] = documents
    if attempts and (told := _told_metrics(attempts[-1])):
        values["metrics"] = values.get("metrics", {}) | told
    if values.get("finished_at") is not None:
        # Nobody needs them any more: they are swept.
        values.pop("checkpoints", None)
    values["is_durable"] = is_durable
    newest = documents[-1] if documents else None
    if newest is not None:
        values["progress"] = newest.progress
    values["queue_seconds"], values["run_seconds"] = _durations(values, newest, now_ms)
    return RunDocument.model_validate(values)


def dependencies_of(fields: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return a run's `depends_on`, with the runs that were found by job and client filled in.

    Args:
        fields: Of the run; `upstreams` holds those runs as `job=run,job=run`.
    """
    links: list[dict[str, Any]] = json.loads(fields.get("depends_on") or "[]")
    found = dict(item.split("=", 1) for item in (fields.get("upstreams") or "").split(",") if item)
    return [
        link | {"run": found[link["job"]]} if link.get("missing") and link["job"] in found else link
        for link in links
    ]


def attempt_document(fields: Mapping[str, str]) -> AttemptDocument:
    """Build the public document of an attempt from its fields."""
    values = _values(fields, ATTEMPT_TEXT, ATTEMPT_NUMBERS, ATTEMPT_TIMES, ATTEMPT_JSON)
    if progress := fields.get(TOLD_PROGRESS) or fields.get("progress"):
        values["progress"] = float(progress)
    return AttemptDocument.model_validate(values)


def batch_document(fields: Mapping[str, str], counts: Mapping[str, int]) -> BatchDocument:
    """Build the public document of a batch from its fields and its runs by state."""
    values = _values(fields, BATCH_TEXT, ("total",), BATCH_TIMES, ("labels",))
    values["is_cancelling"] = bool(fields.get("cancel_below"))
    values["is_changing"] = any(fields.get(name) for name in BATCH_CHANGES)
    values["counts"] = {state: number for state, number in counts.items() if number > 0}
    return BatchDocument.model_validate(values)


def _told_metrics(fields: Mapping[str, str]) -> dict[str, float]:
    return {
        name.removeprefix(TOLD_METRIC): float(text)
        for name, text in fields.items()
        if name.startswith(TOLD_METRIC)
    }


def _values(
    fields: Mapping[str, str],
    text: Sequence[str],
    numbers: Sequence[str],
    times: Sequence[str],
    documents: Sequence[str],
) -> dict[str, Any]:
    values: dict[str, Any] = {name: fields[name] for name in text if fields.get(name)}
    values |= {name: int(fields[name]) for name in numbers if fields.get(name)}
    values |= {name: from_milliseconds(fields[name]) for name in times if fields.get(name)}
    values |= {name: json.loads(fields[name]) for name in documents if fields.get(name)}
    return values


def _durations(
    values: Mapping[str, Any], newest: AttemptDocument | None, now_ms: int
) -> tuple[float | None, float | None]:
    now = from_milliseconds(now_ms)
    queued_at = values.get("queued_at")
    is_open = values.get("finished_at") is None
    if newest is None:
        waited = now - queued_at if queued_at is not None and is_open else None
        return (max(waited.total_seconds(), 0.0) if waited is not None else None), None
    queue = (newest.granted_at - queued_at).total_seconds() if queued_at is not None else None
    if newest.finished_at is None and newest.accepted_at is not None:
        run = (now - newest.accepted_at).total_seconds()
    elif newest.finished_at is not None and newest.accepted_at is not None:
        run = (newest.finished_at - newest.accepted_at).total_seconds()
    else:
        run = None
    return queue, max(run, 0.0) if run is not None else None
