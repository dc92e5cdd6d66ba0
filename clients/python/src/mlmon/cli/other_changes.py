"""What others changed since one has read a thing, in lines."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import JsonValue, TypeAdapter, ValidationError

from mlmon.cli.texts import moment
from mlmon_shared.wire.concurrent_edits import OtherChange

_CHANGES = TypeAdapter(list[OtherChange])


def change_lines(changes: Sequence[Mapping[str, Any]], more: int) -> Iterator[str]:
    """Yield a line for each change, the newest first, and one for each place that it changed.

    Args:
        changes: Of a `PreconditionFailedError`.
        more: How many there were before those.
    """
    try:
        found = _CHANGES.validate_python(list(changes))
    except ValidationError:
        # Of a server that tells it in another way; what to do stands in the detail.
        return
    for change in found:
        thing = f" {change.kind} {change.name}" if change.name else ""
        yield f"{moment(change.at)} {change.by}: {change.action}{thing}"
        for place in change.places:
            before, after = _shown(place.before), _shown(place.after)
            yield f"  {place.pointer or '/'}: {before} -> {after}"
        if change.more_places:
            yield f"  and {change.more_places} more"
    if more:
        yield f"and {more} more changes before; `mlmon audit list` has them all"


def _shown(value: JsonValue) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)
