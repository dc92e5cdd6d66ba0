from enum import StrEnum


class HindranceKind(StrEnum):
    AGENTS = "agents"
    AVOIDED_HOST = "avoided_host"
    DEPENDENCY = "dependency"
    GATE = "gate"
    HELD = "held"
    ORDER = "order"
    PAUSED = "paused"
    QUOTA = "quota"
    ROOM = "room"
    TIME = "time"

    def __str__(self) -> str:
        return str(self.value)
