"""Breakers: versions of jobs whose attempts keep failing for causes that are not their own."""

from datetime import datetime

from mlmon_shared.wire.models import WireModel


class BreakerDocument(WireModel):
    """The open breaker of a version of a job."""

    job: str
    version: int
    reason: str
    opened_at: datetime


class BreakerPage(WireModel):
    """Every breaker that is open."""

    items: list[BreakerDocument]
