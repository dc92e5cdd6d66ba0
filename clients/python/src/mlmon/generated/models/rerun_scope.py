from enum import StrEnum


class RerunScope(StrEnum):
    DOWNSTREAM = "downstream"
    RUN = "run"

    def __str__(self) -> str:
        return str(self.value)
