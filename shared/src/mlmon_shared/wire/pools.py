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


def _check_account(value: Any) -> Any:  # noqa: ANN401 - whatever was written
    """Say what to write; YAML reads digits without quotes as a number."""
    if isinstance(value, str):
        return value
    raise PydanticCustomError("account", "write the 12 digits of an AWS account in quotes", {})


_Account = Annotated[str, BeforeValidator(_check_account), Field(pattern=r"^[0-9]{12}$")]
_Region = Annotated[str, Field(pattern=r"^[a-z0-9-]{3,40}$")]
_Image = Annotated[str, Field(pattern=r"^ami-[0-9a-f]{8,17}$")]
_InstanceType = Annotated[str, Field(pattern=r"^[a-z0-9-]+\.[a-z0-9-]+$", max_length=60)]


class AdmittedInstances(StrictModel):
    """Which EC2 instances may register agents of a pool by their signed identity.

    Attributes:
        accounts: Of AWS, whose instances they are.
        regions: Where they are, such as `eu-west-2`; anywhere when empty.
        images: Which they were started from, such as `ami-0abcdef1234567890`; any when empty.
        types: Such as `g5.xlarge`; any when empty.
    """

    accounts: Annotated[list[_Account], Field(min_length=1, max_length=100)]
    regions: Annotated[list[_Region], Field(max_length=100)] = []
    images: Annotated[list[_Image], Field(max_length=1000)] = []
    types: Annotated[list[_InstanceType], Field(max_length=1000)] = []


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
