"""Pins and canaries: clients that use another version of a job than the current one."""

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Final, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mlmon_shared.wire.models import StrictModel, WireModel
from mlmon_shared.wire.names import Name

CLIENTS_LIMIT: Final = 1000
_BITS: Final = 53
"""As many as a float holds exactly."""
Percent = Annotated[float, Field(ge=0, le=100)]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]


class PinRequest(StrictModel):
    """The version that a client's new runs of a job shall use."""

    version: Version


class PinDocument(WireModel):
    """A version that a client's new runs of a job use, whichever is current.

    Attributes:
        etag: What `If-Match` names to change this and nothing else.
    """

    name: str
    client: str
    version: int
    changed_at: datetime
    changed_by: str
    etag: str | None = None


class PinPage(WireModel):
    """A page of the pins of a job, by client."""

    items: list[PinDocument]
    next_cursor: str | None = None


class CanaryRequest(StrictModel):
    """Which clients shall try a version of a job.

    Attributes:
        version: Of the canary in progress when left out.
        percent: Of all clients, always the same ones for a job.
        clients: These beside the percentage.
    """

    version: Version | None = None
    percent: Percent = 0.0
    clients: Annotated[list[Name], Field(max_length=CLIENTS_LIMIT)] = []

    @model_validator(mode="after")
    def _check_any(self) -> Self:
        if not self.percent and not self.clients:
            raise PydanticCustomError("canary", "name a percent over 0, or clients")
        return self


class Canary(WireModel):
    """A version of a job that some clients try before it becomes the current one."""

    version: int
    percent: float
    clients: list[str]


class CanaryRecord(Canary):
    """A canary with whose it is, and who set it last."""

    name: str
    changed_at: datetime
    changed_by: str


class CanaryDocument(CanaryRecord):
    """A canary in progress.

    Attributes:
        current_version: What all other clients use.
        client_count: How many of the clients there are use it; pins go before it.
        etag: What `If-Match` names to change, promote or roll back this and nothing else.
    """

    current_version: int
    client_count: int
    etag: str | None = None


def is_in_canary(job: str, client: str, *, percent: float, clients: Collection[str]) -> bool:
    """Tell whether a client is among those who try a new version of a job.

    A client's place in the order of all is fixed by job and client, so raising the
    percentage keeps those who are in it.
    """
    if client in clients:
        return True
    digest = hashlib.sha256(f"{job}\0{client}".encode()).digest()
    place = (int.from_bytes(digest[:8]) >> (64 - _BITS)) / (1 << _BITS)
    return place < percent / 100
