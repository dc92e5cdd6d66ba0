from enum import StrEnum


class Missing(StrEnum):
    RUN = "run"
    SKIP = "skip"
    WAIT = "wait"

    def __str__(self) -> str:
        return str(self.value)
