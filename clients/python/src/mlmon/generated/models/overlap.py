from enum import StrEnum


class Overlap(StrEnum):
    ALLOW = "allow"
    CANCEL_RUNNING = "cancel_running"
    QUEUE_ONE = "queue_one"
    SKIP = "skip"

    def __str__(self) -> str:
        return str(self.value)
