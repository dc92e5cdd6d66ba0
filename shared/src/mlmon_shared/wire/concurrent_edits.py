"""What a reader missed who wants to change a thing that others have changed."""

from datetime import datetime

from pydantic import JsonValue

from mlmon_shared.wire.models import WireModel


class ChangedPlace(WireModel):
    """One place of a document that a change concerned.

    Attributes:
        pointer: JSON pointer; empty for the whole document.
        before: Null also for what was not there; long values are cut.
        after: The same of what is there since.
    """

    pointer: str
    before: JsonValue = None
    after: JsonValue = None


class OtherChange(WireModel):
    """A change by somebody else, of what the reader has read.

    Attributes:
        revision: The config revision at which it is visible; the audit has it whole.
        by: Name of the token or user that made it.
        action: As the audit names it: `changed`, `paused`, `removed`, …
        kind: Of the thing, as the audit names it; empty from servers that do not say.
        name: Of the thing.
        places: What differs since, the first so many.
        more_places: How many places more.
    """

    revision: int
    at: datetime
    by: str
    action: str
    kind: str = ""
    name: str = ""
    places: list[ChangedPlace]
    more_places: int = 0
