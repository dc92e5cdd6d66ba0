from enum import StrEnum


class UpstreamFailure(StrEnum):
    HOLD = "hold"
    RUN = "run"
    SKIP = "skip"

    def __str__(self) -> str:
        return str(self.value)
