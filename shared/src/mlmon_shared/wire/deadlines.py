"""Deadlines: by when runs shall have ended, as definitions say it and runs show it."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import StringConstraints

from mlmon_shared.wire.models import StrictModel
from mlmon_shared.wire.timezones import TimeZone

TIME_OF_DAY_PATTERN: Final = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


class DailyDeadline(StrictModel):
    """A time of day by which a run shall have ended: the first after it was submitted.

    Attributes:
        by: Hours and minutes, as `06:00`. A time that a day does not have, because clocks go
            forward, is as much later; of one that a day has twice it is the first.
        timezone: A name of the IANA database.
    """

    by: Annotated[str, StringConstraints(pattern=TIME_OF_DAY_PATTERN)]
    timezone: TimeZone = "UTC"


class DeadlineOutlook(StrEnum):
    """What is expected of a run that has a deadline."""

    ON_TIME = "on_time"
    TIGHT = "tight"
    LATE = "late"
