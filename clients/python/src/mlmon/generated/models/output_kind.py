from enum import StrEnum


class OutputKind(StrEnum):
    CHECKPOINT = "checkpoint"
    FILE = "file"
    METRICS = "metrics"

    def __str__(self) -> str:
        return str(self.value)
