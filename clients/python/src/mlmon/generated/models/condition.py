from enum import StrEnum


class Condition(StrEnum):
    FAILED = "failed"
    FINISHED = "finished"
    SUCCEEDED = "succeeded"

    def __str__(self) -> str:
        return str(self.value)
