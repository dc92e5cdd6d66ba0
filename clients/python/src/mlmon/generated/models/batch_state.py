from enum import StrEnum


class BatchState(StrEnum):
    FINISHED = "finished"
    LOADING = "loading"
    RUNNING = "running"

    def __str__(self) -> str:
        return str(self.value)
