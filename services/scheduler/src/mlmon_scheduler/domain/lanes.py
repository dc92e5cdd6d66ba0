"""Lanes: what share of a pool the critical one may hold."""

from dataclasses import dataclass, field

from mlmon_shared.wire.agent_protocol import Vector


@dataclass(frozen=True)
class PoolCap:
    """What critical runs may hold of a pool before others go first.

    Attributes:
        critical_share: Of any resource; None: all of it.
        capacity: What the pool's agents have together.
        taken: What critical runs hold.
    """

    name: str
    critical_share: float | None
    capacity: Vector
    taken: Vector = field(default_factory=Vector)

    @property
    def share_taken(self) -> float:
        """The largest share, of any resource, that critical runs hold."""
        pairs = [
            (self.taken.cpu_milli, self.capacity.cpu_milli),
            (self.taken.memory, self.capacity.memory),
            (self.taken.gpus, self.capacity.gpus),
            (self.taken.disk, self.capacity.disk),
        ]
        return max((taken / whole for taken, whole in pairs if whole), default=0.0)

    @property
    def is_reached(self) -> bool:
        """Whether others go before critical runs now."""
        return self.critical_share is not None and self.share_taken >= self.critical_share
