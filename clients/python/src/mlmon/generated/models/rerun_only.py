from enum import StrEnum


class RerunOnly(StrEnum):
    ALL = "all"
    FAILED = "failed"

    def __str__(self) -> str:
        return str(self.value)
