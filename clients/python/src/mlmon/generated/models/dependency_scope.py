from enum import StrEnum


class DependencyScope(StrEnum):
    BATCH = "batch"
    SAME_CLIENT = "same-client"

    def __str__(self) -> str:
        return str(self.value)
