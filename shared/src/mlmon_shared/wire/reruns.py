"""Running again what has ended."""

from enum import StrEnum

from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.models import WireModel
from mlmon_shared.wire.runs import RunDocument


class RerunScope(StrEnum):
    """One run alone, or with all that waited on it, directly or over others."""

    RUN = "run"
    DOWNSTREAM = "downstream"


class RerunOnly(StrEnum):
    """All runs of a batch, or those that did not succeed."""

    ALL = "all"
    FAILED = "failed"


class RerunDocument(WireModel):
    """What a re-run made: a run, or a batch where there are several or the run fans in."""

    run: RunDocument | None = None
    batch: BatchDocument | None = None
