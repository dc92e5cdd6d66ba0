"""What a pool takes, beside what fits its hosts, and how it scales."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from mlmon_shared.wire.models import StrictModel
from mlmon_shared.wire.names import Name
from mlmon_shared.wire.quantities import Size
from mlmon_shared.wire.schedules import ClientSelector


class Amounts(StrictModel):
    """A bound of each resource; what is left out has none.

    Attributes:
        cpu: Cores.
        memory: Bytes.
        gpus: Whole GPUs.
        disk: Bytes.
    """

    cpu: Annotated[float, Field(ge=0, le=1024)] | None = None
    memory: Size | None = None
    gpus: Annotated[int, Field(ge=0, le=64)] | None = None
    disk: Size | None = None


class Admission(StrictModel):
    """Which runs a pool takes: all that fit, unless something is said here.

    Attributes:
        at_least: Of each resource that is named, a run asks for so much at least.
        at_most: And for so much at most.
        jobs: Whose runs; all when empty.
        clients: Whose runs; all when left out.
    """

    at_least: Amounts = Amounts()
    at_most: Amounts = Amounts()
    jobs: Annotated[list[Name], Field(max_length=1000)] = []
    clients: ClientSelector | None = None


class ScalingKind(StrEnum):
    """Who starts and stops the hosts of a pool: somebody else, as nothing of ours does yet."""

    STATIC = "static"


class Scaling(StrictModel):
    """How many hosts a pool has.

    Attributes:
        max_hosts: Further agents are not taken while so many are alive; None for any number.
    """

    kind: ScalingKind = ScalingKind.STATIC
    max_hosts: Annotated[int, Field(ge=0, le=100_000)] | None = None
