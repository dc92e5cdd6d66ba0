"""By when a run must have started."""

from collections.abc import Mapping
from datetime import datetime

from mlmon_shared.wire.job_definitions import Timeouts
from mlmon_shared.wire.records import to_milliseconds


def start_fields(timeouts: Timeouts, start_by: datetime | None) -> Mapping[str, str]:
    """Return the fields of a new run that say by when it must start, none for never.

    The definition's limit is a length of time, which the store begins to count when it creates
    the run.

    Args:
        timeouts: Of the definition.
        start_by: Of the submission; goes before the definition's.
    """
    if start_by is not None:
        return {"start_by": str(to_milliseconds(start_by))}
    if timeouts.start is not None:
        return {"start_within_ms": str(round(timeouts.start * 1000))}
    return {}
