from enum import StrEnum


class Lane(StrEnum):
    BACKFILL = "backfill"
    CRITICAL = "critical"
    HIGH = "high"
    LOW = "low"
    NORMAL = "normal"

    def __str__(self) -> str:
        return str(self.value)
