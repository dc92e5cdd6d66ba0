"""What a pool takes, beside what fits its hosts, and how it scales."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from mlmon_shared.wire.models import StrictModel
from mlmon_shared.wire.names import Labels, Name
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
        shapes: And for no more than one of these, so that runs leave no host with GPUs and
            without the memory to use them; any when empty.
        job_labels: Of jobs that have all of these labels.
        jobs: Whose runs; all when empty.
        clients: Whose runs; all when left out.
    """

    at_least: Amounts = Amounts()
    at_most: Amounts = Amounts()
    shapes: Annotated[list[Amounts], Field(max_length=100)] = []
    job_labels: Labels = {}
    jobs: Annotated[list[Name], Field(max_length=1000)] = []
    clients: ClientSelector | None = None


class ScalingKind(StrEnum):
    """Who starts and stops the hosts of a pool: somebody else, as nothing of ours does yet."""

    STATIC = "static"


def _check_kind(value: Any) -> Any:  # noqa: ANN401 - whatever was written
    """Say what can be written, and why not more; pydantic would only list what there is."""
    if value in tuple(ScalingKind):
        return value
    raise PydanticCustomError(
        "scaling_kind",
        "{given} is not available in this version of MLMon, which starts and stops no hosts; "
        'write "static" and start the hosts yourself',
        {"given": f'"{value}"' if isinstance(value, str) else repr(value)},
    )


_HostCount = Annotated[int, Field(ge=0, le=100_000)]


class Scaling(StrictModel):
    """How many hosts a pool has.

    Attributes:
        min_hosts: So many are meant to be there; while fewer are, explanations of what waits
            say so.
        max_hosts: Further agents are not taken while so many are alive; None for any number. A
            pool of 0 takes no runs.
    """

    kind: Annotated[ScalingKind, BeforeValidator(_check_kind)] = ScalingKind.STATIC
    min_hosts: _HostCount = 0
    max_hosts: _HostCount | None = None
