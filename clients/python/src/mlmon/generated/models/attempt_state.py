from enum import StrEnum


class AttemptState(StrEnum):
    CANCELLED = "cancelled"
    FAILED = "failed"
    FINISHING = "finishing"
    GRANTED = "granted"
    LOST = "lost"
    PREEMPTED = "preempted"
    PREPARING = "preparing"
    RETURNED = "returned"
    RUNNING = "running"
    SUCCEEDED = "succeeded"

    def __str__(self) -> str:
        return str(self.value)
