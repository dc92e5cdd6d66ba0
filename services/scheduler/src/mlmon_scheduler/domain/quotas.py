"""What a client may have at once, as the store keeps it and as people read it."""

from dataclasses import dataclass
from typing import Final

from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.catalog import Client
from mlmon_shared.wire.job_definitions import Resources
from mlmon_shared.wire.quantities import readable_size

_NAMES: Final = ("cpu_milli", "memory", "gpus")


@dataclass(frozen=True)
class ResourceQuota:
    """What all running attempts of a client may take together; None: as much as there is.

    Attributes:
        cpu_milli: Thousandths of a core.
        memory: Bytes.
        gpus: Whole ones.
    """

    cpu_milli: int | None = None
    memory: int | None = None
    gpus: int | None = None

    @classmethod
    def of(cls, client: Client) -> "ResourceQuota":
        """Convert what config-api has."""
        quotas = client.quotas
        return cls(
            cpu_milli=None if quotas.cpu is None else round(quotas.cpu * 1000),
            memory=quotas.memory,
            gpus=quotas.gpus,
        )

    @classmethod
    def parse(cls, packed: str) -> "ResourceQuota":
        """Read what `pack` wrote."""
        amounts = [int(part) if part else None for part in packed.split(",")] if packed else []
        return cls(*amounts)

    def pack(self) -> str:
        """Return `cpu_milli,memory,gpus`, each empty without a limit; an empty text without any."""
        amounts = [getattr(self, name) for name in _NAMES]
        if amounts == [None, None, None]:
            return ""
        return ",".join("" if amount is None else str(amount) for amount in amounts)

    def explain_excess(self, held: Vector, asked: Vector) -> str | None:
        """Say what a client that holds so much has too little left of; None when all is there."""
        for name, unit in zip(_NAMES, ("cores", "of memory", "GPUs"), strict=True):
            most, has, wants = getattr(self, name), getattr(held, name), getattr(asked, name)
            if most is not None and has + wants > most:
                return (
                    f"{_show(name, has)} of its {_show(name, most)} {unit} are taken, and the run "
                    f"asks for {_show(name, wants)}"
                )
        return None


@dataclass(frozen=True)
class ClientLimits:
    """What the queue has to know of a client.

    Attributes:
        weight: Its share against the others.
        runs: That agents hold at once; 0: no limit, `domain.gates.PAUSED`: none.
        resources: That they take together.
    """

    name: str
    weight: float = 1.0
    runs: int = 0
    resources: ResourceQuota = ResourceQuota()


def explain_quota(client: Client, resources: Resources) -> str | None:
    """Say why a client's quota never lets a run of such resources start; None when it can."""
    asked, quota = Vector.of(resources), ResourceQuota.of(client)
    for name, unit in zip(_NAMES, ("cores", "of memory", "GPUs"), strict=True):
        most, wants = getattr(quota, name), getattr(asked, name)
        if most is not None and wants > most:
            return (
                f"it asks for {_show(name, wants)} {unit}, and the quota of {client.name} is "
                f"{_show(name, most)}"
            )
    return None


def _show(name: str, amount: int) -> str:
    if name == "cpu_milli":
        return f"{amount / 1000:g}"
    return readable_size(amount) if name == "memory" else str(amount)
