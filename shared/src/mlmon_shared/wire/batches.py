"""Batches: runs submitted together, with edges between them."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from mlmon_shared.wire.joins import EDGES_LIMIT, Join
from mlmon_shared.wire.models import StrictModel, WireModel
from mlmon_shared.wire.names import Labels, Name
from mlmon_shared.wire.states import BatchState, Condition, Lane, RunState, UpstreamFailure

BATCH_ITEMS_LIMIT = 100_000
JSON_ITEMS_LIMIT = 20_000
"""Of a batch that is one JSON document; as lines (`LINES_TYPE`) it may have all the others."""
LINES_TYPE = "application/x-ndjson"


class ItemDependency(StrictModel):
    """An edge to another item of the batch (`key`) or to a run that exists already (`run`)."""

    key: str | None = None
    run: str | None = None
    when: Condition = Condition.SUCCEEDED

    @model_validator(mode="after")
    def _check_target(self) -> Self:
        if (self.key is None) == (self.run is None):
            raise PydanticCustomError("dependency", "name either a key or a run", {})
        return self


class BatchItem(StrictModel):
    """One run of a batch; fields as in a run's submission, and a key unique in the batch."""

    key: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    job: Name
    client: Name
    version: Annotated[int, Field(ge=1)] | None = None
    params: dict[str, Any] = {}
    priority: Annotated[int, Field(ge=0, le=1000)] | None = None
    lane: Lane | None = None
    depends_on: Annotated[list[ItemDependency], Field(max_length=EDGES_LIMIT)] = []
    join: Join | None = None
    on_upstream_failure: UpstreamFailure | None = None
    not_before: datetime | None = None
    start_by: datetime | None = None
    deadline: datetime | None = None
    labels: Labels = {}


class BatchHead(StrictModel):
    """A batch without its items: the first of its lines."""

    name: Annotated[str, StringConstraints(max_length=200)] = ""
    labels: Labels = {}


class BatchSubmission(BatchHead):
    """A request for many runs at once: all of them are taken, or none."""

    items: Annotated[list[BatchItem], Field(min_length=1, max_length=BATCH_ITEMS_LIMIT)]


class BatchDocument(WireModel):
    """A batch as a whole.

    Attributes:
        total: How many runs it has.
        counts: Runs by state; states without a run are left out.
        is_cancelling: Whether runs are still to be cancelled; it goes on by itself.
        is_changing: Whether runs are still to be held, released or given another priority; it
            goes on by itself, too.
        outcome: Once finished: `succeeded` when every run did, `cancelled` when one was
            cancelled and none failed, else `failed`.
    """

    id: str
    name: str = ""
    state: BatchState
    outcome: RunState | None = None
    total: int
    is_cancelling: bool = False
    is_changing: bool = False
    counts: dict[RunState, int] = {}
    labels: dict[str, str] = {}
    created_at: datetime
    finished_at: datetime | None = None
    submitted_by: str | None = None


class BatchPage(WireModel):
    """A page of batches, newest first."""

    items: list[BatchDocument]
    next_cursor: str | None = None
