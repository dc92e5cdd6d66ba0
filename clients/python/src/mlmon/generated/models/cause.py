from enum import StrEnum


class Cause(StrEnum):
    DISK = "disk"
    GPU = "gpu"
    HOST = "host"
    HUNG = "hung"
    IMAGE = "image"
    INFRA = "infra"
    LOST = "lost"
    OOM = "oom"
    SPOT = "spot"
    TIMEOUT = "timeout"
    USER_ERROR = "user_error"

    def __str__(self) -> str:
        return str(self.value)
