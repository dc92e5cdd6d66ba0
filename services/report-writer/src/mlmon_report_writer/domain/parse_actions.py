"""Turn entries that record what people did into documents."""

import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from mlmon_report_writer.domain.events import Entry
from mlmon_report_writer.domain.parse_events import check_time
from mlmon_report_writer.errors import MalformedEventError
from mlmon_shared.wire.actions import ActionDocument
from mlmon_shared.wire.records import from_milliseconds

_NEEDED: Final = ("id", "at", "by", "action", "subject_kind", "subject")
_RENAMED: Final = {"subject_kind": "kind", "subject": "name"}
_JSON: Final = ("before", "after")


def parse_action(entry: Entry) -> ActionDocument:
    """Return the action that an entry records.

    Raises:
        MalformedEventError: A field is missing, or does not hold what it should.
    """
    # The envelope's kind says only that it is an action.
    found = {name: text for name, text in entry.fields.items() if text and name != "kind"}
    missing = [name for name in _NEEDED if name not in found]
    if missing:
        raise MalformedEventError(f"an action must have {', '.join(missing)}")
    if any("\0" in text for text in found.values()):
        raise MalformedEventError("an action holds no null character")
    values: dict[str, Any] = {_RENAMED.get(name, name): text for name, text in found.items()}
    try:
        values["at"] = from_milliseconds(check_time(found["at"]))
        values |= {name: _object(found, name) for name in _JSON}
        return ActionDocument.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise MalformedEventError(f"{place} of an action is malformed: {first['msg']}") from error
    except ValueError as error:
        raise MalformedEventError(f"an action is malformed: {error}") from error


def _object(found: Mapping[str, str], name: str) -> object:
    return json.loads(found[name]) if name in found else None
