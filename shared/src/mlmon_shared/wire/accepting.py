"""Accepting several grants in one request of the agent protocol."""

from pydantic import Field

from mlmon_shared.wire.agent_protocol import AttemptSpec
from mlmon_shared.wire.models import WireModel


class GrantRef(WireModel):
    """A grant to be accepted."""

    run_id: str
    attempt: int
    fence: str


class Accepts(WireModel):
    """`POST /accept`: as `Accept`, for several grants at once."""

    session: str
    grants: list[GrantRef] = Field(max_length=16)


class AcceptAnswer(WireModel):
    """What became of one grant.

    Attributes:
        status: `accepted` (also when it was accepted before) or `stale-fence`.
        spec: Of an accepted one; it may start.
        detail: Why the fence is stale.
    """

    run_id: str
    attempt: int
    fence: str
    status: str
    spec: AttemptSpec | None = None
    detail: str = ""


class AcceptsAnswer(WireModel):
    """One answer per grant, in the same order."""

    answers: list[AcceptAnswer]
