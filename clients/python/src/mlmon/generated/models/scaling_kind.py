from enum import StrEnum


class ScalingKind(StrEnum):
    STATIC = "static"

    def __str__(self) -> str:
        return str(self.value)
