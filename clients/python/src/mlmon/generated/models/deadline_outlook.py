from enum import StrEnum


class DeadlineOutlook(StrEnum):
    LATE = "late"
    ON_TIME = "on_time"
    TIGHT = "tight"

    def __str__(self) -> str:
        return str(self.value)
