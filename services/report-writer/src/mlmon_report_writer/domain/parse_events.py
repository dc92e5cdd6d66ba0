"""Turn entries of the stream into events, refusing whatever history could not show later.

The check is here, and not where documents are built, so that one malformed entry costs a
dead letter and never a page of history.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic import TypeAdapter

from mlmon_report_writer.domain.events import Entry, Event, Kind
from mlmon_report_writer.errors import MalformedEventError
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.job_definitions import Resources
from mlmon_shared.wire.records import (
    ATTEMPT_NUMBERS,
    ATTEMPT_TIMES,
    BATCH_TIMES,
    EVENT_ENVELOPE,
    RUN_NUMBERS,
    RUN_TIMES,
    TOLD_METRIC,
    TOLD_PROGRESS,
    from_milliseconds,
)
from mlmon_shared.wire.runs import (
    ArtifactDocument,
    AttemptDocument,
    CheckpointDocument,
    DependencyDocument,
    RunDocument,
    Usage,
)
from mlmon_shared.wire.states import AttemptState, BatchState, Cause, Lane, RunState

Check = Callable[[str], object]
"""Raises ValueError when the text is not what the field holds."""

_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")
_ATTEMPT_ID: Final = re.compile(r"[^.]+\.[0-9]{1,9}")
_LATEST_MS: Final = 253_402_300_799_999


def _check_integer(text: str) -> int:
    # int() alone also takes "1_000" and other alphabets' digits, which PostgreSQL refuses.
    if _INTEGER.fullmatch(text) is None:
        raise ValueError("not an integer of at most 18 digits")
    return int(text)


def check_time(text: str) -> int:
    """Return a time in milliseconds since 1970; ValueError when the text is none."""
    milliseconds = _check_integer(text)
    if not 0 <= milliseconds <= _LATEST_MS:
        raise ValueError("not a time in milliseconds since 1970")
    return milliseconds


def _check_fraction(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return number


def _json_of(kind: Any) -> Check:  # noqa: ANN401 - any type that pydantic can check
    return TypeAdapter(kind).validate_json


_LABELS: Final = _json_of(dict[str, str])
_CHECKS: Final[Mapping[Kind, Mapping[str, Check]]] = {
    Kind.RUN: {
        **dict.fromkeys(RUN_NUMBERS, _check_integer),
        **dict.fromkeys(RUN_TIMES, check_time),
        "state": RunState,
        "lane": Lane,
        "cause": Cause,
        "labels": _LABELS,
        "params": _json_of(dict[str, Any]),
        "resources": _json_of(Resources),
        "pools": _json_of(list[str]),
        "depends_on": _json_of(list[DependencyDocument]),
        "metrics": _json_of(dict[str, float]),
        "artifacts": _json_of(list[ArtifactDocument]),
        "checkpoints": _json_of(list[CheckpointDocument]),
    },
    Kind.ATTEMPT: {
        **dict.fromkeys(ATTEMPT_NUMBERS, _check_integer),
        **dict.fromkeys(ATTEMPT_TIMES, check_time),
        "state": AttemptState,
        "cause": Cause,
        "progress": _check_fraction,
        TOLD_PROGRESS: _check_fraction,
        "phases": _json_of(dict[str, float]),
        "usage": _json_of(Usage),
    },
    Kind.BATCH: {
        **dict.fromkeys(BATCH_TIMES, check_time),
        "total": _check_integer,
        "state": BatchState,
        "outcome": RunState,
        "labels": _LABELS,
    },
}
_DERIVED: Final = {"id", "rv", "number"}
REQUIRED_FIELDS: Final[Mapping[Kind, frozenset[str]]] = {
    kind: frozenset(
        name for name, field in model.model_fields.items() if field.is_required()
    ).difference(_DERIVED)
    for kind, model in (
        (Kind.RUN, RunDocument),
        (Kind.ATTEMPT, AttemptDocument),
        (Kind.BATCH, BatchDocument),
    )
}
"""Without these a document cannot be built, so the first event of each thing has them."""


def parse_entry(entry: Entry) -> Event:
    """Return the event that an entry holds.

    The fields get what the envelope says and documents need: `id`, a run's `rv`, an
    attempt's `number`.

    Raises:
        MalformedEventError: It has no envelope, names an unknown kind, or a field does not
            hold what it should.
    """
    found = entry.fields
    try:
        kind = Kind(found["kind"])
        thing, rv, at = found["id"], _check_integer(found["rv"]), check_time(found["at"])
    except KeyError as error:
        raise MalformedEventError(f"the entry has no field {error}") from error
    except ValueError as error:
        raise MalformedEventError(f"the envelope is malformed: {error}") from error
    fields = {
        name: _storable(name, text) for name, text in found.items() if name not in EVENT_ENVELOPE
    }
    if not thing or "\0" in thing:
        raise MalformedEventError("the id is empty or has a null character")
    fields["id"] = thing
    if kind is Kind.RUN:
        fields["rv"] = str(rv)
    elif kind is Kind.ATTEMPT:
        if _ATTEMPT_ID.fullmatch(thing) is None:
            raise MalformedEventError(f"an attempt's id is <run>.<number>, not {thing!r}")
        fields["number"] = str(int(thing.rpartition(".")[2]))
    _check_fields(kind, fields)
    return Event(entry.position, kind, thing, rv, from_milliseconds(at), fields)


def _storable(name: str, text: str) -> str:
    # PostgreSQL stores no null character, in text or escaped in the JSON of a typed column.
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    if name == "labels" and "\\u0000" in text:
        text = text.replace("\\u0000", "\\ufffd")
    return text


def _check_fields(kind: Kind, fields: Mapping[str, str]) -> None:
    checks, required = _CHECKS[kind], REQUIRED_FIELDS[kind]
    for name, text in fields.items():
        if not text:
            if name in required:
                raise MalformedEventError(f"{name} is empty, and a {kind} must have it")
            continue
        check = checks.get(name)
        if kind is Kind.ATTEMPT and name.startswith(TOLD_METRIC):
            check = _check_fraction
        if check is None:
            continue
        try:
            check(text)
        except ValueError as error:
            raise MalformedEventError(f"{name} of a {kind} is malformed: {error}") from error
