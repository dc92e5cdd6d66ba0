"""What a pool takes, beside what fits its hosts."""

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
