"""Lanes: what share of a pool each may hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.states import Lane


@dataclass(frozen=True)
class PoolCaps:
    """What lanes may hold of a pool before others go first.

    Attributes:
        shares: By lane, of any resource; a lane without one may hold all.
        capacity: What the pool's agents have together.
    """

    name: str
    shares: Mapping[Lane, float] = field(default_factory=dict)
    capacity: Vector = field(default_factory=Vector)


@dataclass(frozen=True)
class LaneCap:
    """What a lane may hold and does hold of a pool.

    Attributes:
        pool: Its name.
        share: Of any resource.
        capacity: What the pool's agents have together.
        taken: What the lane's runs hold.
    """

    pool: str
    lane: Lane
    share: float
    capacity: Vector
    taken: Vector

    @property
    def share_taken(self) -> float:
        """The largest share, of any resource, that the lane's runs hold."""
        pairs = [
            (self.taken.cpu_milli, self.capacity.cpu_milli),
            (self.taken.memory, self.capacity.memory),
            (self.taken.gpus, self.capacity.gpus),
            (self.taken.disk, self.capacity.disk),
        ]
        return max((taken / whole for taken, whole in pairs if whole), default=0.0)

    @property
    def is_reached(self) -> bool:
        """Whether others go before runs of this lane now."""
        return self.share_taken >= self.share
