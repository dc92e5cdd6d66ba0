from enum import StrEnum


class NetworkPolicy(StrEnum):
    BRIDGE = "bridge"
    HOST = "host"
    NONE = "none"

    def __str__(self) -> str:
        return str(self.value)
