"""What people did to runs, batches, agents, breakers and backfills."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from mlmon_shared.wire.models import WireModel


class ActionKind(StrEnum):
    """What an action was done to."""

    RUN = "run"
    BATCH = "batch"
    AGENT = "agent"
    BREAKER = "breaker"
    BACKFILL = "backfill"


class Action(StrEnum):
    """What was done."""

    CANCELLED = "cancelled"
    HELD = "held"
    RELEASED = "released"
    REPRIORITISED = "reprioritised"
    RERUN = "rerun"
    DRAINED = "drained"
    UNDRAINED = "undrained"
    BREAKER_CLOSED = "breaker-closed"
    BACKFILL_STARTED = "backfill-started"
    PAUSED = "paused"
    RESUMED = "resumed"


class ActionDocument(WireModel):
    """One thing that somebody asked of the scheduler, recorded before it was done.

    Attributes:
        by: Name of the token or user.
        name: Id of the run, batch, agent or backfill; of a breaker `<job>:<version>`.
        client: Whose it is, where it is one client's alone.
        job: Which it is of, where it is one job's alone.
        before: What of it was so; null where there was nothing.
        after: What of it was asked to be so.
        request_id: `X-Request-Id` of the request.
    """

    id: str
    at: datetime
    by: str
    action: Action
    kind: ActionKind
    name: str
    client: str | None = None
    job: str | None = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    request_id: str | None = None


class ActionPage(WireModel):
    """A page of actions, the newest first.

    Attributes:
        as_of: Up to when history is complete.
    """

    items: list[ActionDocument]
    next_cursor: str | None = None
    as_of: str
