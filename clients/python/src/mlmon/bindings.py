"""What gives documents the methods of the client that fetched them."""

from abc import abstractmethod

from mlmon.async_runs import AsyncBatch, AsyncRun
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.runs import RunDocument


class Bindings:
    """What the parts of `AsyncClient` ask it for."""

    @abstractmethod
    def _run(self, document: RunDocument) -> AsyncRun: ...

    @abstractmethod
    def _batch(self, document: BatchDocument) -> AsyncBatch: ...
