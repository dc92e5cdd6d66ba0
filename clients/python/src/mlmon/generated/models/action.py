from enum import StrEnum


class Action(StrEnum):
    BACKFILL_STARTED = "backfill-started"
    BREAKER_CLOSED = "breaker-closed"
    CANCELLED = "cancelled"
    DRAINED = "drained"
    HELD = "held"
    PAUSED = "paused"
    RELEASED = "released"
    REPRIORITISED = "reprioritised"
    RERUN = "rerun"
    RESUMED = "resumed"
    UNDRAINED = "undrained"

    def __str__(self) -> str:
        return str(self.value)
