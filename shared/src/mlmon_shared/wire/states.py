"""The closed vocabularies of runs and attempts."""

from enum import StrEnum
from typing import Final


class RunState(StrEnum):
    """Where a run is; the last five are final."""

    BLOCKED = "blocked"
    DELAYED = "delayed"
    QUEUED = "queued"
    PARKED = "parked"
    LEASED = "leased"
    RUNNING = "running"
    CANCELLING = "cancelling"
    HELD = "held"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    EXPIRED = "expired"


FINAL_RUN_STATES: Final = frozenset(
    {
        RunState.SUCCEEDED,
        RunState.FAILED,
        RunState.CANCELLED,
        RunState.SKIPPED,
        RunState.EXPIRED,
    }
)


class AttemptState(StrEnum):
    """Where an attempt is; the last six are final."""

    GRANTED = "granted"
    PREPARING = "preparing"
    RUNNING = "running"
    FINISHING = "finishing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    PREEMPTED = "preempted"
    LOST = "lost"
    RETURNED = "returned"


FINAL_ATTEMPT_STATES: Final = frozenset(
    {
        AttemptState.SUCCEEDED,
        AttemptState.FAILED,
        AttemptState.CANCELLED,
        AttemptState.PREEMPTED,
        AttemptState.LOST,
        AttemptState.RETURNED,
    }
)


class Cause(StrEnum):
    """Why an attempt did not succeed."""

    USER_ERROR = "user_error"
    OOM = "oom"
    TIMEOUT = "timeout"
    HUNG = "hung"
    IMAGE = "image"
    DISK = "disk"
    GPU = "gpu"
    SPOT = "spot"
    HOST = "host"
    LOST = "lost"
    INFRA = "infra"


class Condition(StrEnum):
    """What an edge waits for; `finished` is any final state."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    FINISHED = "finished"


class Missing(StrEnum):
    """What a run does when the run that it should wait for does not exist.

    `wait` for the next one, `skip` this run, or `run` it without.
    """

    WAIT = "wait"
    SKIP = "skip"
    RUN = "run"


class UpstreamFailure(StrEnum):
    """What becomes of a run whose dependencies can no longer be met.

    `skip` ends it, `run` lets it go on as if they were met, `hold` holds it until somebody
    releases it, which lets it go on.
    """

    SKIP = "skip"
    RUN = "run"
    HOLD = "hold"


class Lane(StrEnum):
    """Priority classes: `critical` goes before all; the others share, 64 : 16 : 4 : 1."""

    CRITICAL = "critical"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"
    BACKFILL = "backfill"


class BatchState(StrEnum):
    """A batch is `finished` once it is loaded and every run of it is final."""

    LOADING = "loading"
    RUNNING = "running"
    FINISHED = "finished"


class NetworkPolicy(StrEnum):
    """What the containers of a pool can reach."""

    NONE = "none"
    BRIDGE = "bridge"
    HOST = "host"


class Scope(StrEnum):
    """What a token may do. `admin` implies all but `agent` and `service`."""

    ADMIN = "admin"
    OPERATOR = "operator"
    AUTHOR = "author"
    SUBMITTER = "submitter"
    READER = "reader"
    AGENT = "agent"
    SERVICE = "service"
