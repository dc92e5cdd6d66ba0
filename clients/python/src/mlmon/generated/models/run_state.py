from enum import StrEnum


class RunState(StrEnum):
    BLOCKED = "blocked"
    CANCELLED = "cancelled"
    CANCELLING = "cancelling"
    DELAYED = "delayed"
    EXPIRED = "expired"
    FAILED = "failed"
    HELD = "held"
    LEASED = "leased"
    PARKED = "parked"
    QUEUED = "queued"
    RUNNING = "running"
    SKIPPED = "skipped"
    SUCCEEDED = "succeeded"

    def __str__(self) -> str:
        return str(self.value)
