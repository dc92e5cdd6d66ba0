from enum import StrEnum


class BackfillState(StrEnum):
    CANCELLED = "cancelled"
    FINISHED = "finished"
    PAUSED = "paused"
    RUNNING = "running"

    def __str__(self) -> str:
        return str(self.value)
