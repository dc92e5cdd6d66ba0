"""Which version of a job a submission gets that names none."""

from collections.abc import Mapping
from dataclasses import dataclass

from mlmon_shared.wire.catalog import CurrentDefinition
from mlmon_shared.wire.rollouts import is_in_canary


@dataclass(frozen=True)
class Rollout:
    """The versions of a job that some clients use instead of the current one.

    Attributes:
        job: Its name.
        current: The version of all others.
        pins: By client; they go before the canary.
        tried: The version of the canary, None without one.
        percent: How many of the clients the canary has.
        clients: Those it has beside the percentage.
    """

    job: str
    current: int
    pins: Mapping[str, int]
    tried: int | None
    percent: float
    clients: frozenset[str]

    @classmethod
    def of(cls, current: CurrentDefinition) -> "Rollout":
        """Index what the snapshot says of a job."""
        canary = current.canary
        return cls(
            job=current.name,
            current=current.version,
            pins={
                client: version for version, clients in current.pins.items() for client in clients
            },
            tried=canary.version if canary is not None else None,
            percent=canary.percent if canary is not None else 0.0,
            clients=frozenset(canary.clients if canary is not None else ()),
        )

    def choose(self, client: str) -> int:
        """Return the version that a client's new runs use: pinned, else tried, else current."""
        pinned = self.pins.get(client)
        if pinned is not None:
            return pinned
        if self.tried is not None and is_in_canary(
            self.job, client, percent=self.percent, clients=self.clients
        ):
            return self.tried
        return self.current
