from enum import StrEnum


class ActionKind(StrEnum):
    AGENT = "agent"
    BACKFILL = "backfill"
    BATCH = "batch"
    BREAKER = "breaker"
    RUN = "run"

    def __str__(self) -> str:
        return str(self.value)
